"""Interviews from the shell: going on with the latest, and what is said of one that has ended."""


def test_resume_without_a_name_goes_on_with_the_latest_that_has_not_ended(run):
    left, _, err = run("interview", "resume")
    assert left == 2 and "no interview is unfinished" in err
    run("interview", "start", "--loop", "gauntlet-15", "--seed", "5", stdin="\n/finish\n\n/finish\n\n/finish\n")
    _, _, err = run("interview", "start", "--loop", "drill-deep", "--seed", "5")
    begun = err.split()[-1]
    left, _, err = run("interview", "resume")
    assert left == 7 and begun in err


def test_what_was_passed_on_is_not_called_open(run):
    typed = "\nBandwidth.\n.\n/skip\n1\n/finish\n"
    left, out, _ = run("interview", "start", "--loop", "gauntlet-15", "--seed", "5", stdin=typed)
    sitting = out.split("sitting ")[1].split(",")[0]
    assert left == 0 and "the same as under Data and retrieval" in out
    _, out, _ = run("interview", "show", sitting)
    assert "(passed)" in out and "(open)" not in out and "Bandwidth." in out
    left, _, err = run("interview", "peek", sitting)
    assert left == 1 and err == "examiner: no question is open\n"
    _, out, _ = run("report", "candidate", sitting)
    assert "How many gigabytes is that, how many" in " ".join(out.split())
    assert out.count("nobody has") == 1  # the reason stands at the top, not below each question


def test_the_demo_says_each_answer_once(run, tmp_path):
    left, out, _ = run("demo", "-o", tmp_path / "page.html")
    said = "I would rather not put a figure on that."
    assert left == 0 and " ".join(out.split()).count(said) == 1
