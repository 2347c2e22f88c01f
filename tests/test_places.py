"""A directory and a prefix of an object store promise the same, and each says clearly what it cannot do."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from gemcrawl import places, settings
from gemcrawl.clients import client
from gemcrawl.exceptions import OutputError, StoreFailed, UsageError
from gemcrawl.places import Place, StorePath, place
from tests.support.store import Store, StoreServer

TABLE = pa.table({"n": pa.array([1, 2, 3], pa.int64()), "word": ["a", "b", "c"]})


FILES = ("datapackage.json", "evidence/1a2b3c4d.webp", "forms.parquet", "pages.parquet")


def put(file: Place, content: bytes) -> None:
    if isinstance(file, Path):
        file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def encoded(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def _fail(*_: object) -> None:
    raise OSError("the store is away")


class TestAnAddress:
    @pytest.mark.parametrize("text", ["output", "/data/nights", "./s3:", "s3:/not/an/address", "file.s3"])
    def test_without_a_scheme_of_a_store_is_a_directory(self, text):
        assert place(text) == Path(text)

    @pytest.mark.parametrize("text", ["s3://bucket", "s3://bucket/", "s3://bucket/a/b/"])
    def test_names_a_bucket_and_a_prefix(self, text):
        assert str(place(text)) == text.rstrip("/")

    @pytest.mark.parametrize("text", ["s3://", "s3:///a", "s3://b//a", "s3://b/../a", "s3://b/./a", "s3://b/a\x1b[2J"])
    def test_that_leads_nowhere_is_refused(self, text):
        with pytest.raises(UsageError, match="one looks like s3://bucket/prefix") as refused:
            place(text)
        assert str(refused.value).isprintable()

    @pytest.mark.parametrize("text", ["gcs://bucket/a", "S3://bucket/a", "file:///data", "https://key:geheim@host/a", "\x1b[2J://a"])
    def test_of_no_kind_that_is_known_is_no_directory(self, text):
        with pytest.raises(UsageError, match="which are s3://, gs://, az://; a directory has no ://") as refused:
            place(text)
        assert str(refused.value).isprintable()
        assert "geheim" not in str(refused.value)

    @pytest.mark.parametrize("text", ["s3://AKIAKEY:geheim@bucket/a", "s3://bucket/a?secret_key=geheim", "s3://bucket#geheim"])
    def test_with_credentials_is_refused_and_not_repeated(self, text):
        with pytest.raises(UsageError, match="for the environment") as refused:
            place(text)
        assert "geheim" not in str(refused.value)
        assert "AKIAKEY" not in str(refused.value)

    def test_of_a_store_of_which_the_environment_says_too_little(self, monkeypatch):
        client.cache_clear()
        monkeypatch.setattr(settings, "GEMCRAWL_AZURE_ACCOUNT", "")
        with pytest.raises(UsageError, match="AZURE_STORAGE_ACCOUNT"):
            place("az://container/nights")


class TestReading:
    def test_lists_what_is_directly_below(self, output):
        for name in ("a/1", "a/2", "b"):
            put(output / name.partition("/")[0] / name.partition("/")[2] if "/" in name else output / name, b"x")
        assert sorted(path.name for path in output.iterdir()) == ["a", "b"]
        assert (output / "a").is_dir()
        assert (output / "b").is_file()
        assert not (output / "b").is_dir()
        assert not (output / "c").exists()

    def test_names_are_those_of_a_path(self, output):
        file = output / "rechecks" / "2026.parquet"
        assert (file.name, file.stem, file.parent) == ("2026.parquet", "2026", output / "rechecks")
        assert str(file) == f"{output}/rechecks/2026.parquet"
        assert sorted([output / "b", output / "a"]) == [output / "a", output / "b"]

    def test_what_is_not_there_is_told_apart_from_what_cannot_be_asked(self, output):
        with pytest.raises(FileNotFoundError):
            (output / "nothing").read_bytes()

    def test_a_store_that_cannot_be_asked_is_no_empty_store(self):
        nobody = StorePath("s3", "bucket/a", pa.fs.S3FileSystem(access_key="x", secret_key="y", endpoint_override="http://127.0.0.1:1"))
        for ask in (nobody.exists, nobody.read_bytes, lambda: list(nobody.iterdir())):
            with pytest.raises(StoreFailed, match="s3://bucket/a cannot be read"):
                ask()
        assert not issubclass(StoreFailed, OSError)
        assert issubclass(StoreFailed, OutputError)

    def test_parquet(self, output):
        put(output / "t.parquet", encoded(TABLE))
        assert places.read_table(output / "t.parquet", ["n"], pc.field("word") != "b").to_pydict() == {"n": [1, 3]}
        for opened in (places.small_parquet, places.large_parquet):
            assert opened(output / "t.parquet").read().equals(TABLE)

    def test_parquet_of_several_files_is_one_table_that_says_which(self, output):
        put(output / "a=x" / "t.parquet", encoded(TABLE))
        put(output / "a=y" / "t.parquet", encoded(TABLE.append_column("new", [[True] * 3])))
        found = places.dataset_of({"x": output / "a=x" / "t.parquet", "y": output / "a=y" / "t.parquet"}, "file")
        assert found.schema.names == ["n", "word", "new", "file"]
        rows = found.to_table(filter=pc.field("n") == 2).sort_by("file").to_pylist()
        assert rows == [{"n": 2, "word": "b", "new": None, "file": "x"}, {"n": 2, "word": "b", "new": True, "file": "y"}]
        assert found.to_table(columns=["n"], filter=pc.field("file") == "y").num_rows == 3


class TestAhead:
    def test_answers_come_in_order(self, output):
        assert list(places.ahead(output, lambda n: n * n, range(100))) == [n * n for n in range(100)]

    def test_a_store_is_asked_several_things_together_and_never_too_many(self, store: Store):
        now, most, lock = 0, 0, threading.Lock()

        def ask(number: int) -> int:
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
            time.sleep(0.01)
            with lock:
                now -= 1
            return number

        assert list(places.ahead(store.place, ask, iter(range(60)))) == list(range(60))
        assert 1 < most <= places.AT_ONCE

    def test_what_raises_raises(self, output):
        with pytest.raises(ZeroDivisionError):
            list(places.ahead(output, lambda n: 1 // n, [1, 0, 1]))


class TestWriting:
    def test_a_file_is_there_whole_and_replaces_an_earlier_one(self, output):
        for content in (b"one", b"", b"three" * 1_000_000):
            places.write_whole(output / "latest.json", content)
            assert (output / "latest.json").read_bytes() == content
        assert [path.name for path in output.iterdir()] == ["latest.json"]

    def test_a_small_object_is_one_request_of_s3(self, amazon: StoreServer):
        store = amazon.bucket()
        (store.place / "part").write_bytes(b"x" * 50_000)
        log = amazon.log.read_text()
        assert re.findall(rf'"(\w+) /{store.place.key}/(\S*) HTTP', log) == [("PUT", "part")]

    def test_at_azure_an_object_is_not_emptied_before_it_is_written(self, tmp_path: Path):
        """pyarrow's client makes an empty object first; a process that reads, or is killed, then would leave or find that."""
        emptied: list[str] = []

        class Azure:
            """Files of this machine, through what `StorePath` asks of pyarrow's client."""

            copy_file, delete_file = fs.LocalFileSystem().copy_file, fs.LocalFileSystem().delete_file

            def open_output_stream(self, key: str, compression: None) -> object:
                emptied.append(Path(key).name)
                return fs.LocalFileSystem().open_output_stream(key, compression=compression)

        final = StorePath("az", str(tmp_path / "latest.json"), Azure())
        for content in (b"one", b"two"):
            final.write_bytes(content)
            assert (tmp_path / "latest.json").read_bytes() == content
        assert all(name.startswith("latest.json.") and name.endswith(".part") for name in emptied)
        assert [path.name for path in tmp_path.iterdir()] == ["latest.json"]
        final.filesystem.copy_file = _fail
        with pytest.raises(OSError, match="away"):
            final.write_bytes(b"three")
        assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("latest.json", b"two")]

    def test_a_file_with_a_directory_of_its_own(self, output):
        final = output / "parts" / "GM0001" / "survey.parquet"
        for content in (b"first", b"second"):
            places.commit_file(final, content, output / "staging" / "GM0001")
            assert final.read_bytes() == content
        assert [path.name for path in (output / "parts").iterdir()] == ["GM0001"]

    def test_a_directory_is_published_once(self, output, tmp_path):
        def staged(content: bytes) -> Path:
            directory = tmp_path / "run" / "publish"
            directory.mkdir(parents=True, exist_ok=True)
            for name in FILES:
                put(directory / name, content)
            return directory

        final = output / "snapshot=1"
        assert places.publish_directory(staged(b"one"), final, last="datapackage.json")
        assert not places.publish_directory(staged(b"two"), final, last="datapackage.json")
        assert {name: (final / name).read_bytes() for name in FILES} == dict.fromkeys(FILES, b"one")
        assert {path.name for path in final.iterdir()} == {name.partition("/")[0] for name in FILES}

    def test_in_a_store_the_last_object_makes_it_complete(self, store: Store, tmp_path: Path):
        for name in ("datapackage.json", "forms.parquet", "zz.parquet"):
            (tmp_path / name).write_bytes(b"new")
        final = store.place / "snapshot=1"
        (final / "forms.parquet").write_bytes(b"of an attempt that was killed")
        assert places.publish_directory(tmp_path, final, last="datapackage.json")
        assert (final / "forms.parquet").read_bytes() == b"new"
        assert [name.rpartition("/")[2] for name in store.written()][-3:] == ["forms.parquet", "zz.parquet", "datapackage.json"]

    def test_a_directory_goes_with_all_that_is_in_it(self, output):
        for name in ("run.json", "a", "b"):
            put(output / "runs" / "1" / name, b"x")
        places.remove(output / "runs" / "1", first="run.json")
        assert not (output / "runs" / "1").exists()

    def test_in_a_store_what_is_gone_can_go(self, store: Store):
        places.remove(store.place / "snapshot=1", first="datapackage.json")

    def test_in_a_store_what_it_is_known_by_goes_first(self, store: Store):
        for name in ("a", "datapackage.json", "z"):
            (store.place / "snapshot=1" / name).write_bytes(b"x")
        places.remove(store.place / "snapshot=1", first="datapackage.json")
        assert store.deleted()[0] == "snapshot=1/datapackage.json"
        assert store.names() == set()
