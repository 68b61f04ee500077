"""A reader of forest files, version 1, written from the format's description alone.

It shares nothing with the library, so that the two check each other. It predicts by comparing
encoded columns with thresholds, tree by tree.
"""
import struct

import numpy as np

MASK = (1 << 64) - 1
PRIMES = (
    0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5)
SCHEMA, PARAMETERS, CUT_STARTS, CUTS, ROOTS, NODES, DISTRIBUTIONS, COVERS = range(1, 9)
LEAF = 0xFFFF


def xxh64(data):
    """The 64-bit xxHash of bytes, seed 0."""
    p1, p2, p3, p4, p5 = PRIMES

    def rotate(x, by):
        return (x << by | x >> (64 - by)) & MASK

    def take_in(lane, word):
        return rotate((lane + word * p2) & MASK, 31) * p1 & MASK

    place = 0
    if len(data) >= 32:
        lanes = [(p1 + p2) & MASK, p2, 0, -p1 & MASK]
        while place + 32 <= len(data):
            words = struct.unpack_from("<4Q", data, place)
            lanes = [take_in(lane, word) for lane, word in zip(lanes, words)]
            place += 32
        value = sum(rotate(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18))) & MASK
        for lane in lanes:
            value = ((value ^ take_in(0, lane)) * p1 + p4) & MASK
    else:
        value = p5
    value = (value + len(data)) & MASK
    while place + 8 <= len(data):
        word, = struct.unpack_from("<Q", data, place)
        value = (rotate(value ^ take_in(0, word), 27) * p1 + p4) & MASK
        place += 8
    if place + 4 <= len(data):
        word, = struct.unpack_from("<I", data, place)
        value = (rotate(value ^ word * p1 & MASK, 23) * p2 + p3) & MASK
        place += 4
    for byte in data[place:]:
        value = rotate(value ^ byte * p5 & MASK, 11) * p1 & MASK
    value = (value ^ value >> 33) * p2 & MASK
    value = (value ^ value >> 29) * p3 & MASK
    return value ^ value >> 32


class Cursor:
    """Takes values off the front of a section."""

    def __init__(self, data):
        self.data = data
        self.place = 0

    def take(self, form):
        values = struct.unpack_from("<" + form, self.data, self.place)
        self.place += struct.calcsize("<" + form)
        return values[0] if len(values) == 1 else values

    def text(self):
        length = self.take("H")
        self.place += length
        return self.data[self.place - length:self.place].decode()


class ForestFile:
    """What a forest file holds; fails on any byte that is not as described."""

    def __init__(self, data):
        self.sections = self.read_header(data)
        self.read_schema()
        cursor = Cursor(self.sections[PARAMETERS])
        self.parameters = {
            cursor.text(): cursor.text() for _ in range(cursor.take("I"))}
        starts = self.array(CUT_STARTS, "<u4")
        cuts = self.array(CUTS, "<f8")
        self.cuts = [cuts[a:b] for a, b in zip(starts, starts[1:])]
        self.roots = self.array(ROOTS, "<u8").astype(int)
        self.nodes = self.array(
            NODES, np.dtype([("offset", "<u4"), ("column", "<u2"), ("cut", "<u2")]))
        self.distributions = self.array(DISTRIBUTIONS, "<f8").reshape(-1, len(self.classes))
        self.covers = self.array(COVERS, "<f8")
        assert len(self.cuts) == self.column_count == len(self.column_names)
        assert len(self.roots) == self.tree_count + 1 and self.roots[-1] == len(self.nodes)
        assert len(self.covers) == len(self.nodes) == self.node_count
        assert len(self.distributions) == self.distribution_count

    def read_header(self, data):
        assert data[:8] == b"\x89RF\r\n\x1a\n\0"
        version, section_count, length = struct.unpack_from("<IIQ", data, 8)
        (self.tree_count, self.column_count, self.input_count, self.class_count, self.node_count,
         self.distribution_count, checksum) = struct.unpack_from("<IIIIQQQ", data, 24)
        assert version == 1 and length == len(data)
        end = 64 + 32 * section_count
        assert checksum == xxh64(data[:56] + data[64:end])
        sections = {}
        for entry in range(64, end, 32):
            kind, flags, offset, size, checksum = struct.unpack_from("<IIQQQ", data, entry)
            assert offset >= end and offset % 64 == 0 and offset + size <= len(data)
            assert not any(data[end:offset]), "a gap is not zero"
            assert flags == (0 if kind in (PARAMETERS, COVERS) else 1)
            sections[kind] = data[offset:offset + size]
            assert checksum == xxh64(sections[kind])
            end = offset + size
        assert not any(data[end:])
        return sections

    def read_schema(self):
        cursor = Cursor(self.sections[SCHEMA])
        self.classes = [cursor.text() for _ in range(self.class_count)]
        self.inputs, self.column_names, self.input_of_column = [], [], []
        for index in range(self.input_count):
            name = cursor.text()
            kind = cursor.take("B")
            if kind == 1:
                levels = [cursor.text() for _ in range(cursor.take("I"))]
                names = [f"{name}_{level}" for level in levels]
                self.inputs.append(("levels", len(levels)))
            else:
                cursor.take("dd")
                names = [name]
                self.inputs.append(("number", None))
                if kind == 2:
                    edges = [cursor.take("d") for _ in range(cursor.take("I"))]
                    names = [f"{name}_binned_{cursor.text()}" for _ in range(len(edges) + 1)]
                    self.inputs[-1] = ("bins", edges)
                elif kind == 3:
                    names = [name, f"{name}_or_missing"]
                    self.inputs[-1] = ("number or missing", None)
            self.column_names += names
            self.input_of_column += [index] * len(names)
        assert cursor.place == len(cursor.data)

    def array(self, section, kind):
        return np.frombuffer(self.sections[section], kind)

    def encode(self, sample):
        """A sample's columns."""
        columns = []
        for value, (kind, detail) in zip(sample, self.inputs):
            if kind == "number":
                columns.append(value)
            elif kind == "number or missing":
                # What is missing lies above all in the first and below all in the second.
                columns += [value, -np.inf if np.isnan(value) else value]
            elif kind == "levels":
                columns += [1.0 if value == level else 0.0 for level in range(detail)]
            else:
                bounds = [-np.inf, *detail, np.inf]
                hot = [low < value <= high for low, high in zip(bounds, bounds[1:])]
                hot[0] = value <= detail[0]
                columns += [float(one) for one in hot]
        return np.array(columns)

    def tree(self, number):
        """A tree as parallel arrays, nodes counted from its root."""
        nodes = self.nodes[self.roots[number]:self.roots[number + 1]]
        covers = self.covers[self.roots[number]:self.roots[number + 1]]
        is_leaf = nodes["cut"] == LEAF
        left = np.where(is_leaf, -1, np.arange(len(nodes)) + nodes["offset"].astype(int))
        return {
            "left": left, "right": np.where(is_leaf, -1, left + 1), "covers": covers,
            "columns": np.where(is_leaf, -1, nodes["column"].astype(int)),
            "thresholds": np.array([
                np.nan if leaf else self.cuts[node["column"]][node["cut"]]
                for leaf, node in zip(is_leaf, nodes)]),
            "values": np.array([
                self.distributions[node["offset"]] if leaf else np.zeros(len(self.classes))
                for leaf, node in zip(is_leaf, nodes)]),
        }

    def predict(self, sample):
        """The class probabilities, added up in the order of the trees, and the votes."""
        columns = self.encode(sample)
        total, votes = np.zeros(len(self.classes)), np.zeros(len(self.classes), int)
        for number in range(self.tree_count):
            tree = self.tree(number)
            node = 0
            while tree["left"][node] >= 0:
                goes_left = columns[tree["columns"][node]] <= tree["thresholds"][node]
                node = tree["left"][node] if goes_left else tree["right"][node]
            total += tree["values"][node]
            votes[tree["values"][node].argmax()] += 1
        return total / self.tree_count, votes
