"""What is typed at a practice question: slips are asked again, and leaving keeps the draft."""


def test_slips_are_asked_again_and_leaving_keeps_the_draft(run):
    left, out, err = run("practice", "next", "--plain", stdin="seven\n2\n/hint\nThe weights are read.\n/quit\n")
    assert left == 7 and "'seven' is no forecast" in err and "no hints" in err
    left, out, err = run("practice", "next", "--plain", stdin="\n/clear\n.\n/quit\n")
    assert left == 7 and "Your draft was kept" in out and "The weights are read." in out and "nothing typed" in err
    left, out, _ = run("practice", "next", "--plain", stdin="\n/quit\n")
    assert left == 7 and "draft was kept" not in out


def test_an_answer_is_judged_and_its_model_answer_shown_as_it_is_written(run):
    left, out, _ = run("practice", "next", "--plain", "--area", "memory", stdin="1\nHost memory, then a disk.\n.\n")
    assert left == 0 and "practice estimate" in out and "your forecast: 1" in out and "asked again on" in out


def test_an_area_that_is_none_is_answered_with_those_that_are(run):
    left, _, err = run("practice", "next", "--area", "memry")
    assert left == 2 and "'memry'" in err and "memory" in err
