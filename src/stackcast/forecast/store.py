"""The run folder: written whole or not at all, and checked when it is opened."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..arrow import write_csv, write_parquet
from ..drawing import Drawing
from ..errors import StackcastError, shorten
from .archive import read_aggregates, read_sample, write_aggregates, write_sample
from .exchange import exchange
from .provenance import FORMAT, checksum

if TYPE_CHECKING:
    from .forecast import Forecast

MANIFEST = "manifest.json"
CHECKED = ("aggregates.npz", "summary.parquet", "summary.csv", "sample.parquet")


def check_target(path: str | Path, force: bool = False) -> Path:
    """Refuse, before any work is done, a folder that `save` would refuse in the end."""
    target = Path(path)
    if target.is_symlink():
        target = target.resolve()
    if target.is_dir():
        ours, empty = _is_run(target), not any(target.iterdir())
        if not ours and not empty:
            raise StackcastError(
                f"{path}: exists and is not a run folder: allowed a new name, or a run folder with force"
            )
        if not force:
            raise StackcastError(f"{path}: exists: allowed a new name, or force to replace it")
    elif target.exists():
        raise StackcastError(f"{path}: is not a folder: allowed a new name")
    parent = _existing_parent(target)
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise StackcastError(f"{path}: cannot write in {parent}: allowed a folder that can be written")
    return target


def save(forecast: Forecast, path: str | Path, force: bool = False, figures: bool = True) -> Path:
    """Write beside the target under a temporary name, flush to disk, then rename: there is never half a run.

    What went wrong is told in one line; whatever happens, an interrupt included, the temporary folder goes away and an
    existing run stays as it was.
    """
    with saving(forecast, path, force, Drawing(wanted=figures)):
        return Path(path)


@contextlib.contextmanager
def saving(forecast: Forecast, path: str | Path, force: bool, pictures: Drawing) -> Iterator[None]:
    """As ``save``; the files are written, and the pictures drawn, while the caller does what is inside, and the run has
    its name after.

    An error inside is raised when the run is stored: it must not cost the numbers of a long run.
    """
    problem = None
    target = check_target(path, force)
    made = _make_parents(target.parent, path)
    temporary: Path | None = None
    try:
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent))
        temporary.chmod(0o777 & ~_umask())
        # Much of it is compression, hashing and numpy's own, which leave the interpreter to the caller: the second run
        # of 100,000 trajectories takes 0.85 times as long (medians of seven in turns; AMD EPYC, 2 cores).
        pool = ThreadPoolExecutor(2)
        try:
            writing = _write_files(forecast, temporary, pictures, pool)
            try:
                yield
            except Exception as met:
                problem = met
            files = {name: said for one in writing for name, said in one.result().items()}
        finally:
            pool.shutdown(cancel_futures=True)  # what has not begun is not wanted any more
        _write_manifest(forecast, temporary, files, pictures.finish(forecast, temporary))
        _put_in_place(temporary, target, force)
    except OSError as error:
        raise StackcastError(f"{path}: cannot be written: {shorten(error.strerror or str(error))}") from error
    finally:
        pictures.forget()
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        _remove_empty(made, keep=target)
    if problem is not None:
        raise problem


def open_run(path: str | Path) -> Forecast:
    """The forecast of a run folder, equal to the one that was saved; a changed or cut folder is refused."""
    from .forecast import Forecast, with_digest

    folder = Path(path)
    manifest = _read_manifest(folder)
    for name in CHECKED:
        _check_file(folder, name, manifest["files"])
    try:
        with open(folder / "aggregates.npz", "rb") as file:
            aggregates = read_aggregates(file)
        sampled = read_sample(folder / "sample.parquet")
    except Exception as error:  # the bytes are those that were written: another version's, then
        raise StackcastError(f"{path}: cannot be read by this version: {type(error).__name__}") from error
    if aggregates.digest() != manifest["digest"]:
        raise StackcastError(f"{path}: digest of aggregates.npz is not the manifest's: the folder was changed")
    kept = {key: value for key, value in manifest.items() if key not in ("files", "checksum")}
    return with_digest(Forecast(aggregates=aggregates, sampled=sampled, manifest=kept))


def _write_files(forecast: Forecast, folder: Path, pictures: Drawing, pool: Executor) -> list[Future]:
    """Have the numbers written, and the pictures begun as soon as the aggregates are: they are drawn from these.

    The results are what is said of each file.
    """

    def aggregates() -> dict[str, Any]:
        written = write("aggregates.npz", lambda file: write_aggregates(file, forecast.aggregates))
        pictures.begin(forecast, folder)
        return written

    def summaries() -> dict[str, Any]:
        columns = forecast.tidy_columns
        return {
            **write("summary.parquet", lambda file: write_parquet(file, columns)),
            **write("summary.csv", lambda file: write_csv(file, columns)),
        }

    def sample() -> dict[str, Any]:
        return write("sample.parquet", lambda file: write_sample(file, forecast.sampled))

    def write(name: str, writer: Any) -> dict[str, Any]:
        return {name: _write(folder / name, writer)}

    return [pool.submit(task) for task in (aggregates, sample, summaries)]


def _write_manifest(forecast: Forecast, folder: Path, files: dict[str, Any], not_drawn: list[str]) -> None:
    messages = [*forecast.manifest.get("messages", ()), *not_drawn]
    figures = folder / "figures"
    if figures.is_dir():  # they may not have been wanted
        for path in (*sorted(figures.iterdir()), figures):
            _flush(path)
    manifest = {**forecast.manifest, "messages": messages, "files": files}
    manifest["checksum"] = checksum(manifest)
    text = json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    _write(folder / MANIFEST, lambda file: file.write(text.encode()))
    _flush(folder)


def _write(path: Path, writer: Any) -> dict[str, Any]:
    """Write one file, flush it, and say how long it is and what it hashes to."""
    with open(path, "wb") as file:
        writer(file)
        file.flush()
        os.fsync(file.fileno())
    return _fingerprint(path)


def _fingerprint(path: Path) -> dict[str, Any]:
    with open(path, "rb") as file:
        return {"bytes": path.stat().st_size, "sha256": _sha256(file)}


def _sha256(file: IO[bytes]) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _put_in_place(temporary: Path, target: Path, force: bool) -> None:
    """Give the new folder its name; with force swap it with the old one, which the caller then removes."""
    if force and target.is_dir() and any(target.iterdir()):
        exchange(temporary, target)
    else:
        os.rename(temporary, target)
    _flush(target.parent)


def _is_run(folder: Path) -> bool:
    """Only a folder that a run has written is ever replaced."""
    try:
        return json.loads((folder / MANIFEST).read_text(encoding="utf-8")).get("format", "").startswith("stackcast run")
    except (OSError, ValueError, AttributeError):
        return False


def _read_manifest(folder: Path) -> Mapping[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StackcastError(f"{folder}: not a run folder: {MANIFEST} is missing") from None
    except (OSError, ValueError, RecursionError) as error:
        raise StackcastError(f"{path}: cannot be read: the file was changed or cut ({type(error).__name__})") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        given = manifest.get("format") if isinstance(manifest, dict) else None
        raise StackcastError(f"{path}: format = {given}: allowed {FORMAT}")
    if manifest.get("checksum") != checksum(manifest):
        raise StackcastError(f"{path}: does not match its checksum: the file was changed")
    return manifest


def _check_file(folder: Path, name: str, files: Mapping[str, Any]) -> None:
    try:
        found = _fingerprint(folder / name)
    except OSError as error:
        raise StackcastError(f"{folder / name}: cannot be read: {error.strerror}") from None
    if found != files[name]:
        what = "cut" if found["bytes"] < files[name]["bytes"] else "changed"
        raise StackcastError(f"{folder / name}: does not match the manifest: the file was {what}")


def _existing_parent(target: Path) -> Path:
    parent = target.absolute().parent
    while not parent.exists() and parent != parent.parent:
        parent = parent.parent
    return parent


def _make_parents(parent: Path, given: str | Path) -> list[Path]:
    """Create missing parents; returns them, deepest first, so that a failed save can take them away again."""
    missing = []
    while not parent.exists():
        missing.append(parent)
        parent = parent.parent
    try:
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
    except OSError as error:
        _remove_empty(missing)
        raise StackcastError(f"{given}: cannot be written: {error.strerror}") from error
    return missing


def _remove_empty(folders: list[Path], keep: Path | None = None) -> None:
    for folder in folders:
        if keep is not None and keep.exists():
            return
        try:
            folder.rmdir()
        except OSError:
            return


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
