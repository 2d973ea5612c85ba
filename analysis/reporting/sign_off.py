"""Who stands for a period's figures: a manifest of its files' checksums with a name and a moment, checked again later.

`<out>/<period>/signed_off.json`. With a key in AFTER_SALES_SIGNING_KEY the manifest is sealed (HMAC-SHA256), so that
nobody without the key can write another; without one it shows what changed, but not who wrote it.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from analysis.faults import UserFault
from analysis.reporting import fingerprints
from analysis.reporting.folders import report_folder
from analysis.reporting.publish import verify
from analysis.reporting.run_record import Entry, strict_json, write_whole

MANIFEST = "signed_off.json"
SCHEMA = "after-sales-sign-off/1"
KEY_VARIABLE = "AFTER_SALES_SIGNING_KEY"
NAME_AT_MOST = 100


@dataclass(frozen=True)
class SignOff:
    """One sign-off of a period.

    Parameters
    ----------
    files : path below the output folder → SHA-256, of every published file of the period
    seal : HMAC of all the rest under the key; empty without one
    """

    period: str
    signed_by: str
    signed_at: str
    files: Mapping[str, str]
    seal: str = ""
    schema: str = SCHEMA


def sign_off(out: Path, entries: Sequence[Entry], *, period: str, name: str) -> Path:
    """Sign off what is published of a period and return the manifest.

    Raises
    ------
    UserFault : nothing is published, a report failed since, a file is not as it was published, or there is no name
    """
    own = [entry for entry in entries if entry.period == period]
    name = " ".join(name.split())
    faults = [
        *([] if 0 < len(name) <= NAME_AT_MOST else [f"sign: a name of 1 to {NAME_AT_MOST} characters is needed"]),
        *([] if any(entry.published for entry in own) else [f"sign: nothing is published of {period}"]),
        *(
            f"sign: {entry.report} · {entry.business_unit} · {period} is {entry.status}: render it first"
            for entry in own
            if entry.failed
        ),
        *(f"sign: {line}; render it again first" for line in verify(out, own)),
    ]
    if faults:
        raise UserFault(faults)
    signed_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    unsealed = SignOff(period, name, signed_at, dict(sorted(_published(out, own))))
    file = out / period / MANIFEST
    write_whole(file, strict_json({**asdict(unsealed), "seal": _seal(unsealed)}))
    return file


def check_sign_offs(out: Path, entries: Sequence[Entry]) -> tuple[list[str], list[str]]:
    """What stands as signed off, and what does not any more, as lines.

    A file that was published anew since is told apart from one that was changed by hand.
    """
    stands: list[str] = []
    fallen: list[str] = []
    for file in sorted(out.glob(f"*/{MANIFEST}")):
        try:
            signed = SignOff(**json.loads(file.read_text(encoding="utf-8")))
        except (ValueError, TypeError):
            fallen.append(f"{file.relative_to(out)}: not a sign-off; it was changed by hand")
            continue
        faults = list(_faults(out, [entry for entry in entries if entry.period == signed.period], signed))
        told = f"{signed.period}: signed off by {signed.signed_by} on {signed.signed_at}, {len(signed.files)} files"
        if faults:
            fallen += [f"{told}: does not stand any more", *(f"  {fault}" for fault in faults)]
        else:
            stands.append(f"{told}: stands{_sealed(signed)}")
    return stands, fallen


def _faults(out: Path, entries: Sequence[Entry], signed: SignOff) -> Iterator[str]:
    if signed.seal and os.environ.get(KEY_VARIABLE) and not hmac.compare_digest(signed.seal, _seal(signed)):
        yield f"{signed.period}/{MANIFEST}: its seal is not that of the key in {KEY_VARIABLE}"
    now = dict(_published(out, entries))
    for name, digest in signed.files.items():
        file = out / name
        found = fingerprints.of_file(file) if file.is_file() else None
        if found is None:
            yield f"{name}: missing"
        elif found != digest:
            yield f"{name}: " + (
                "published anew since" if now.get(name) == found else "changed since it was signed off"
            )
    for name in now.keys() - signed.files.keys():
        yield f"{name}: published since, and not signed off"


def _published(out: Path, entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        if entry.published:
            folder = report_folder(out, entry.period, entry.business_unit).relative_to(out)
            yield from ((str(folder / name), digest) for name, digest in entry.published.files.items())


def _seal(signed: SignOff) -> str:
    key = os.environ.get(KEY_VARIABLE, "")
    content = json.dumps({**asdict(signed), "seal": ""}, sort_keys=True, ensure_ascii=False).encode()
    return hmac.new(key.encode(), content, hashlib.sha256).hexdigest() if key else ""


def _sealed(signed: SignOff) -> str:
    if not signed.seal:
        return ""
    return ", sealed" if os.environ.get(KEY_VARIABLE) else f", sealed (not checked: no {KEY_VARIABLE} here)"
