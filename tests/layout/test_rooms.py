"""The includes keep to the table of rooms in CMakeLists.txt."""
import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ.get("CANARYD_SOURCE") or pathlib.Path(__file__).parents[2])
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
THIRD_PARTY = ("httplib.h", "curl/", "openssl/", "yaml-cpp/", "re2/", "nlohmann/json.hpp", "CLI/", "spdlog/",
               "prometheus/", "date/")
JSON_ROOMS = {"alert", "traffic", "prometheus", "audit", "web", "doctor", "sandbox"}
MOST_LINES = 500


def table(text):
    """{room: rooms it may know} from the canaryd_room() calls."""
    rooms = {}
    for call in re.findall(r"^canaryd_room\(([^)]*)\)", text, re.MULTILINE):
        words = call.split()
        knows = words[words.index("KNOWS") + 1:] if "KNOWS" in words else []
        rooms[words[0]] = set(knows[:knows.index("LIBRARIES")] if "LIBRARIES" in knows else knows)
    return rooms


def includes(text):
    """[(line number, "<" or '"', path)] of a C++ file."""
    return [(text.count("\n", 0, m.start(2)) + 1, m.group(1), m.group(2)) for m in INCLUDE.finditer(text)]


def faults(path, text, rooms):
    """What a file of src/ROOM or include/canaryd/ROOM includes and may not; `path` is relative to the repository."""
    room = path.parts[2] if path.parts[0] == "include" else path.parts[1]
    for line, quote, name in includes(text):
        where = f"{path}:{line}: {room} includes {name}"
        parts = name.split("/")
        if parts[0] == "canaryd":
            if len(parts) > 1 and parts[1] not in rooms[room] | {room}:
                yield f"{where}, it may know {', '.join(sorted(rooms[room])) or 'no other room'}"
        elif quote == '"' and (".." in parts or len(parts) > 1 and parts[0] != room):
            yield f"{where}: another room's private header"
        elif path.parts[0] == "include" and name.startswith(THIRD_PARTY):
            yield f"{where}: a third-party header, in .cpp files only"
        elif name.startswith("nlohmann/") and room not in JSON_ROOMS:
            yield f"{where}: JSON is seen in {', '.join(sorted(JSON_ROOMS))} only"


def folder_faults(path, text, folders):
    """What a file of src/ROOM/FOLDER includes of the room's other folders and may not."""
    own = "/".join(path.parts[1:3])
    for line, quote, name in includes(text):
        theirs = "/".join(name.split("/")[:2])
        if quote == '"' and theirs in folders and theirs not in folders[own] | {own}:
            yield f"{path}:{line}: {own} includes {name}, it may know {', '.join(sorted(folders[own])) or 'no other folder'}"


def a_cycle(rooms):
    """Rooms that know each other in a ring, as text; empty when there is none."""
    done = set()

    def visit(room, way):
        if room in way:
            return " -> ".join([*way[way.index(room):], room])
        if room in done:
            return ""
        for known in sorted(rooms[room]):
            ring = visit(known, [*way, room])
            if ring:
                return ring
        done.add(room)
        return ""

    return next(filter(None, (visit(room, []) for room in sorted(rooms))), "")


class Rooms(unittest.TestCase):
    def setUp(self):
        self.rooms = table((SOURCE / "CMakeLists.txt").read_text())
        self.files = [path.relative_to(SOURCE) for top in ("src", "include")
                      for path in sorted((SOURCE / top).rglob("*.[ch]pp"))]

    def test_the_documented_table_is_the_builds(self):
        text = (SOURCE / "docs/architecture.md").read_text()
        rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", text[text.index("\n## Rooms"):], re.MULTILINE)
        documented = {room: known.strip() for room, known in rows}
        self.assertEqual(set(documented), set(self.rooms))
        for room, known in documented.items():
            names = set(self.rooms) - {room} if known == "all" else set(re.findall(r"\w+", known)) | {"base"}
            self.assertEqual(self.rooms[room], names - {room}, f"{room} in docs/architecture.md")

    def test_no_file_includes_what_its_folder_may_not_know(self):
        text = (SOURCE / "docs/architecture.md").read_text()
        rows = re.findall(r"^\| `(\w+)/(\w+)` \| [^|]+ \| ([^|]+) \|$", text, re.MULTILINE)
        folders = {f"{room}/{name}": {f"{room}/{known}" for known in re.findall(r"\w+", knows)}
                   for room, name, knows in rows}
        inside = [path for path in self.files if path.parts[0] == "src" and len(path.parts) == 4]
        self.assertEqual({"/".join(path.parts[1:3]) for path in inside}, set(folders))
        found = [fault for path in inside for fault in folder_faults(path, (SOURCE / path).read_text(), folders)]
        self.assertEqual(found, [], "\n" + "\n".join(found))
        self.assertEqual(a_cycle(folders), "")

    def test_the_table_names_each_room_and_each_room_has_its_folder(self):
        self.assertIn("engine", self.rooms)
        self.assertEqual(self.rooms["policy"], {"base", "traffic", "alert"})
        for room, known in self.rooms.items():
            self.assertLessEqual(known, set(self.rooms), f"{room} knows a room that is not there")
        folders = {path.parts[1] for path in self.files if path.parts[0] == "src"}
        folders |= {path.parts[2] for path in self.files if path.parts[0] == "include"}
        self.assertLessEqual(folders, set(self.rooms))

    def test_no_two_rooms_know_each_other(self):
        self.assertEqual(a_cycle(self.rooms), "")

    def test_no_file_includes_what_its_room_may_not_know(self):
        self.assertGreater(len(self.files), 50)
        found = [fault for path in self.files for fault in faults(path, (SOURCE / path).read_text(), self.rooms)]
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_no_file_is_above_the_most_lines(self):
        long = []
        for top in ("src", "include", "tests", "bench", "scripts"):
            for path in sorted((SOURCE / top).rglob("*")):
                if path.suffix in (".cpp", ".hpp", ".py", ".sh", ""):
                    lines = path.read_text().count("\n") if path.is_file() else 0
                    if lines > MOST_LINES:
                        long.append(f"{path.relative_to(SOURCE)}: {lines}")
        self.assertEqual(long, [])


class TheCheckItself(unittest.TestCase):
    ROOMS = {"base": set(), "alert": {"base"}, "policy": {"base", "alert"}}

    def found(self, path, text):
        return list(faults(pathlib.PurePosixPath(path), text, self.ROOMS))

    def test_it_sees_a_room_that_may_not_be_known(self):
        found = self.found("src/alert/a.cpp", '#pragma once\n#include "canaryd/policy/policy.hpp"\n')
        self.assertEqual(found, ["src/alert/a.cpp:2: alert includes canaryd/policy/policy.hpp, it may know base"])
        self.assertEqual(self.found("src/policy/a.cpp", '#include "canaryd/alert/alert.hpp"\n'), [])

    def test_it_sees_third_party_headers_and_json_in_the_wrong_place(self):
        self.assertTrue(self.found("include/canaryd/alert/a.hpp", "#include <re2/re2.h>\n"))
        self.assertTrue(self.found("src/policy/a.cpp", "#include <nlohmann/json_fwd.hpp>\n"))
        self.assertEqual(self.found("src/alert/a.cpp", "#include <nlohmann/json.hpp>\n#include <re2/re2.h>\n"), [])

    def test_it_sees_another_rooms_and_another_folders_private_header(self):
        self.assertTrue(self.found("src/policy/a.cpp", '#include "alert/words.hpp"\n'))
        self.assertEqual(self.found("src/policy/a.cpp", '#include "policy/words.hpp"\n'), [])
        folders = {"audit/format": set(), "audit/log": {"audit/format"}}
        def of(path, text):
            return list(folder_faults(pathlib.PurePath(path), text, folders))
        self.assertEqual(of("src/audit/log/a.cpp", '#include "audit/format/line.hpp"\n'), [])
        self.assertEqual(of("src/audit/format/a.cpp", '#include "audit/log/writer.hpp"\n'),
                         ["src/audit/format/a.cpp:1: audit/format includes audit/log/writer.hpp, it may know no other folder"])

    def test_it_sees_a_ring(self):
        self.assertEqual(a_cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}}), "a -> b -> c -> a")
        self.assertEqual(a_cycle(self.ROOMS), "")


if __name__ == "__main__":
    unittest.main()
