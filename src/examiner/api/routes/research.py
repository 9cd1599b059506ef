"""Judges and what is known of them: gradings, anchors and blind labels, calibrations, certificates, drift."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from examiner.api import wire
from examiner.api.asker import who
from examiner.api.once import OnceRoute
from examiner.api.paging import Cursor, Limit, Page, slice_of
from examiner.service.batch import studying
from examiner.service.examiner import Examiner
from examiner.service.trust import certifying, labelling
from examiner.service.upkeep import jobs

Person = Annotated[str, Query(max_length=64, description="A rater's name.")]


def routes(house: Examiner) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["research"], route_class=OnceRoute)
    _gradings(router, house)
    _anchors(router, house)
    _judges(router, house)
    return router


def _gradings(router: APIRouter, house: Examiner) -> None:
    @router.post("/v1/gradings", status_code=201)
    def grade(request: Request, body: wire.GradingIn) -> dict[str, Any]:
        """Grade answers written elsewhere, each as one line of `examiner grade`; a failed one has `error`, no score."""
        return studying.grade(house, list(body.answers), once=getattr(request.state, "once", ""))

    @router.get("/v1/gradings/{grading}")
    def grading(grading: str) -> dict[str, Any]:
        """Return a grading again."""
        return studying.grading(house, grading)


def _anchors(router: APIRouter, house: Examiner) -> None:
    @router.get("/v1/anchors")
    def sets(limit: Limit = 50, cursor: Cursor = "") -> Page:
        """List the anchor sets."""
        return slice_of(labelling.sets(house), limit, cursor)

    @router.get("/v1/anchors/{name}")
    def one_set(name: str) -> dict[str, Any]:
        """Return what a set is, without any answer or label."""
        return labelling.summary(labelling.opened(house, name))

    @router.get("/v1/anchors/{name}/next")
    def next_task(request: Request, name: str) -> dict[str, Any]:
        """Return the next label to give, blind, in the caller's own order."""
        return labelling.next_task(house, name, labelling.rater_name(who(request).name))

    @router.post("/v1/anchors/{name}/labels", status_code=201)
    def give(request: Request, name: str, body: wire.LabelIn) -> dict[str, Any]:
        """Store one blind label; it is never changed."""
        rater = labelling.rater_name(who(request).name)
        return labelling.give(house, name, rater, body.item, body.criterion, body.score)

    @router.get("/v1/anchors/{name}/agreement")
    def agreement(name: str, one: Person, two: Person) -> dict[str, Any]:
        """Return how far two people agree, per criterion, with intervals."""
        return labelling.agreement(house, name, one, two)

    @router.get("/v1/anchors/{name}/disagreements")
    def disagreements(request: Request, name: str, limit: Limit = 50, cursor: Cursor = "") -> Page:
        """List what raters disagree on and nobody decided; closed to whoever still labels the set."""
        rows = labelling.disagreements(house, name, labelling.rater_name(who(request).name))
        return slice_of(rows, limit, cursor)

    @router.post("/v1/anchors/{name}/decisions", status_code=201)
    def adjudicate(request: Request, name: str, body: wire.AdjudicationIn) -> dict[str, Any]:
        """Settle a disagreement with a reason; the raw labels stay."""
        rater = labelling.rater_name(who(request).name)
        return labelling.adjudicate(house, name, rater, body.item, body.criterion, body.score, body.why)


def _judges(router: APIRouter, house: Examiner) -> None:
    @router.post("/v1/calibrations", status_code=202)
    def calibrate(request: Request, body: wire.CalibrationIn) -> dict[str, Any]:
        """Ask for a calibration round; it is run in the background and entered as an attempt."""
        return jobs.ask(house, "calibration", body.model_dump(), once=getattr(request.state, "once", ""))

    @router.get("/v1/calibrations/{job}")
    def calibration(job: str) -> dict[str, Any]:
        """Return where a calibration round stands."""
        return jobs.show(house, job, "calibration")

    @router.get("/v1/certificates")
    def certificates(limit: Limit = 50, cursor: Cursor = "") -> Page:
        """List every certificate with what became of it."""
        rows = [c.model_dump(mode="json") | {"revoked": why} for c, why in certifying.certificates(house)]
        return slice_of(rows, limit, cursor)

    @router.get("/v1/certificates/{certificate}")
    def certificate(certificate: str) -> dict[str, Any]:
        """Return one certificate, signature included."""
        held, revoked = certifying.certificate(house, certificate)
        return held.model_dump(mode="json") | {"revoked": revoked}

    @router.post("/v1/certificates/{certificate}/revocation", status_code=201)
    def revoke(request: Request, certificate: str, body: wire.WhyIn) -> dict[str, str]:
        """End a certificate; scores that rest on it are withheld from now on."""
        certifying.revoke(house, certificate, body.why, who(request).id)
        return {"certificate": certificate, "revoked": body.why}

    @router.get("/v1/drift")
    def drift(judge: studying.JudgeName = "embedded") -> dict[str, Any]:
        """Return how a judge stands on its frozen sentinels."""
        return studying.drift(house, judge)

    @router.get("/v1/drift/audits")
    def audits(judge: studying.JudgeName = "embedded", limit: Limit = 50, cursor: Cursor = "") -> Page:
        """List the audits of a judge, the latest first."""
        return slice_of(studying.audits(house, judge), limit, cursor)

    @router.post("/v1/drift/runs", status_code=202)
    def run(request: Request, body: wire.DriftIn) -> dict[str, Any]:
        """Ask for an audit of a judge; it is run in the background."""
        return jobs.ask(house, "drift", body.model_dump(), once=getattr(request.state, "once", ""))
