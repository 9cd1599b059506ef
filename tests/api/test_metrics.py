"""What Prometheus reads: names that stay, labels that name nobody, several processes that add up."""

import os
import subprocess
import sys

from prometheus_client.parser import text_string_to_metric_families

from examiner.api.metrics import Metrics


def families(text):
    return {family.name: family for family in text_string_to_metric_families(text)}


def test_the_names_stay():
    made = Metrics(lambda: {"sessions": ("s", "status", {"ready": 2}), "disk_free_ratio": ("d", "", {"": 0.5})})
    made.request("GET", "/v1/loops", 200, 0.004)
    made.request("GET", "/v1/loops", 200, 0.3)
    text = made.text()
    for line in (
        'examiner_requests_total{method="GET",route="/v1/loops",status="200"} 2.0',
        'examiner_request_seconds_bucket{le="0.005",method="GET",route="/v1/loops"} 1.0',
        'examiner_request_seconds_bucket{le="+Inf",method="GET",route="/v1/loops"} 2.0',
        'examiner_request_seconds_count{method="GET",route="/v1/loops"} 2.0',
        'examiner_sessions{status="ready"} 2.0',
        "examiner_disk_free_ratio 0.5",
    ):
        assert line in text
    assert "_created" not in text
    assert families(text)["examiner_request_seconds"].type == "histogram"


def test_processes_that_share_an_address_add_up(tmp_path):
    count = (
        "from examiner.api.metrics import Metrics\n"
        "m = Metrics(lambda: {'sessions': ('s', 'status', {'ready': 2})})\n"
        "for _ in range(3): m.request('GET', '/v1/loops', 200, 0.01)\n"
        "print(m.text())"
    )
    env = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", count], env=env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
    found = families(done.stdout)
    (total,) = [s.value for s in found["examiner_requests"].samples]
    (seconds,) = [s.value for s in found["examiner_request_seconds"].samples if s.name.endswith("_count")]
    (ready,) = [s.value for s in found["examiner_sessions"].samples]
    assert (total, seconds, ready) == (6, 6, 2)


def test_a_method_that_somebody_invents_is_no_label(house):
    from fastapi.testclient import TestClient

    from examiner.api.app import create_app

    with TestClient(create_app(house)) as client:
        client.request("QUOKKA", "/v1/loops")
        text = client.get("/metrics").text
    assert 'method="other"' in text and "QUOKKA" not in text
