"""Archives are unpacked into their folder and nowhere else, wholly or with a message."""

import random
import stat
import tarfile

import pytest
from archives_made import tarred, zipped

from xstilts.sources.fetch.errors import FetchError
from xstilts.sources.fetch.unpack import unpack

FILES = {"data/train.tsv": b"a\tb\n", "data/de/test.tsv": b"c\td\n", "README": b"read me\n"}


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def unpacked(tmp_path, name, data):
    archive = tmp_path / "part"
    archive.write_bytes(data)
    unpack(archive, name, tmp_path / "below" / "out")
    return contents(tmp_path / "below" / "out")


def refused(tmp_path, name, data, match):
    with pytest.raises(FetchError, match=match) as error:
        unpacked(tmp_path, name, data)
    written = contents(tmp_path)
    assert set(written) == {"part"}, f"nothing was written anywhere, and not {written}"
    return str(error.value)


@pytest.mark.parametrize(
    "name,data",
    [
        ("x.zip", zipped(FILES)),
        ("x.ZIP", zipped(FILES)),
        ("x.tar", tarred(FILES, "")),
        ("x.tar.gz", tarred(FILES, "gz")),
        ("x.tgz", tarred(FILES, "gz")),
        ("x.tar.bz2", tarred(FILES, "bz2")),
        ("x.tar.xz", tarred(FILES, "xz")),
    ],
)
def test_every_kind_of_archive(tmp_path, name, data):
    assert unpacked(tmp_path, name, data) == FILES


def test_archives_in_archives_become_folders(tmp_path):
    languages = {f"{language}.tar.gz": tarred({"train": language.encode(), "dev": b""}) for language in ("de", "fr")}
    deeper = zipped({"panx/inner.zip": zipped({"a/b.tar.bz2": tarred({"c.txt": b"deep"}, "bz2")}), **languages})
    assert unpacked(tmp_path, "panx.zip", deeper) == {
        "de/train": b"de",
        "de/dev": b"",
        "fr/train": b"fr",
        "fr/dev": b"",
        "panx/inner/a/b/c.txt": b"deep",
    }


def test_archives_in_archives_have_an_end(tmp_path):
    data = b"end"
    for _ in range(6):
        data = zipped({"a.zip": data})
    with pytest.raises(FetchError, match="more than 4 archives in one another"):
        unpacked(tmp_path, "a.zip", data)


def test_what_macos_adds_is_left_out(tmp_path):
    litter = {"__MACOSX/data/._train.tsv": b"x", "data/._train.tsv": b"x", ".DS_Store": b"x", "data/.DS_Store": b"x"}
    assert unpacked(tmp_path, "x.zip", zipped(FILES | litter)) == FILES


def test_folders_and_names_of_windows(tmp_path):
    assert unpacked(tmp_path, "x.zip", zipped({"a\\": b"", "a\\b.txt": b"1", "c/": b""})) == {"a/b.txt": b"1"}


def test_names_that_are_no_utf8(tmp_path):
    found = unpacked(tmp_path, "x.tar", tarred({"b\udce4.txt": b"1"}, ""))
    assert found == {"b\N{REPLACEMENT CHARACTER}.txt": b"1"}


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "a/b/../../../evil", "C:/evil", ".."])
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_names_that_lead_out_are_refused(tmp_path, name, kind):
    data = {"zip": zipped, "tar.gz": tarred}[kind](FILES | {name: b"evil"})
    message = refused(tmp_path, f"x.{kind}", data, "leads out of the folder that it is unpacked into")
    assert message.startswith(f"x.{kind}: {name!r}") and "by hand" in message


def test_backslashes_that_lead_out_are_refused(tmp_path):
    refused(tmp_path, "x.zip", zipped({"..\\evil": b"evil"}), "leads out")


@pytest.mark.parametrize("target", ["/etc/passwd", "../x", "..", "a/../../x"])
def test_links_that_lead_out_are_refused(tmp_path, target):
    refused(tmp_path, "x.zip", zipped(FILES, links=[("link", target)]), "the link 'link' leads out")
    refused(tmp_path, "x.tar", tarred(FILES, "", [("link", tarfile.SYMTYPE, target)]), "the link 'link' leads out")
    refused(tmp_path, "x.tar", tarred(FILES, "", [("link", tarfile.LNKTYPE, target)]), "leads out")


def test_links_lead_from_where_they_stand(tmp_path):
    refused(tmp_path, "x.zip", zipped(FILES, links=[("data/link", "../../x")]), "the link 'data/link' leads out")


def test_links_inside_become_copies_and_others_are_left_out(tmp_path):
    members = [
        ("data/de/link", tarfile.SYMTYPE, "../train.tsv"),
        ("hard", tarfile.LNKTYPE, "data/train.tsv"),
        ("again", tarfile.SYMTYPE, "data/de/link"),
        ("folder", tarfile.SYMTYPE, "data"),
        ("nowhere", tarfile.SYMTYPE, "none"),
        ("round", tarfile.SYMTYPE, "trip"),
        ("trip", tarfile.SYMTYPE, "round"),
    ]
    found = unpacked(tmp_path, "x.tar.gz", tarred(FILES, "gz", members))
    copies = dict.fromkeys(("data/de/link", "hard", "again"), FILES["data/train.tsv"])
    assert found == FILES | copies
    assert not any(path.is_symlink() for path in (tmp_path / "below").rglob("*"))


def test_a_link_is_no_way_out_for_what_goes_through_it(tmp_path):
    data = tarred({"a/evil": b"evil"}, "", [("a", tarfile.SYMTYPE, ".")])
    assert unpacked(tmp_path, "x.tar", data) == {"a/evil": b"evil"}, "no link is made, so a is a folder of its own"


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_devices_and_pipes_are_refused(tmp_path, kind):
    refused(tmp_path, "x.tar", tarred(FILES, "", [("null", kind, "")]), "'null' is neither a file nor a folder")


def test_strange_members_of_a_zip_are_refused(tmp_path):
    refused(tmp_path, "x.zip", zipped(FILES, modes=[("null", stat.S_IFCHR)]), "'null' is neither a file nor a folder")


def test_trouble_in_an_inner_archive_names_both(tmp_path):
    with pytest.raises(FetchError, match=r"^outer.zip: de.tar.gz: '../evil' leads out"):
        unpacked(tmp_path, "outer.zip", zipped({"de.tar.gz": tarred({"../evil": b""})}))
    assert not (tmp_path / "evil").exists() and not (tmp_path / "below" / "evil").exists()


NOISE = {"big": random.Random(0).randbytes(100_000)}


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, 0.9, -10])
@pytest.mark.parametrize(
    "name,data",
    [
        ("x.zip", zipped(NOISE)),
        ("x.tar", tarred(NOISE, "")[:-10_000]),
        ("x.tar.gz", tarred(NOISE)),
        ("x.tar.bz2", tarred(NOISE, "bz2")),
        ("x.tar.xz", tarred(NOISE, "xz")),
    ],
)
def test_what_was_cut_short_is_told(tmp_path, name, data, keep):
    keep = int(len(data) * keep) if 0 < keep < 1 else keep
    with pytest.raises(FetchError, match=f"^{name}.* is damaged, cut short or no such archive"):
        unpacked(tmp_path, name, data[:keep])


def test_flipped_bytes_are_told(tmp_path):
    data = bytearray(zipped(NOISE))
    data[5000] ^= 1
    with pytest.raises(FetchError, match=r"x.zip: big is damaged.*CRC"):
        unpacked(tmp_path, "x.zip", bytes(data))


@pytest.mark.parametrize("files", [{"a": b"1", "a/b": b"2"}, {"a/b": b"2", "a": b"1"}])
def test_a_name_can_be_a_file_or_a_folder(tmp_path, files):
    with pytest.raises(FetchError, match="in the way of another file"):
        unpacked(tmp_path, "x.tar", tarred(files, ""))


def test_an_inner_archive_does_not_write_over_its_neighbours(tmp_path):
    with pytest.raises(FetchError, match=r"x.zip: de.tar: 'a' is in the way"):
        unpacked(tmp_path, "x.zip", zipped({"de/a": b"1", "de.tar": tarred({"a": b"2"}, "")}))


def test_of_two_members_of_one_name_the_last_counts(tmp_path):
    one, two = tarred({"a": b"1"}, "")[:1024], tarred({"a": b"2"}, "")
    assert unpacked(tmp_path, "x.tar", one + two) == {"a": b"2"}
