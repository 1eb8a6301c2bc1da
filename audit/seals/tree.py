"""Merkle trees that only grow (RFC 6962, section 2.1; checked as RFC 9162 says): hashes in, hashes out.

The standard library alone, so that an auditor needs nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
Range = tuple[int, int]  # of positions: from, and before


def leaf_hash(data: bytes) -> bytes:
    """What stands for a leaf. The first byte tells leaves from what is above them."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """What stands for two neighbours."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a tree: enough to append to it and to know its root, in at most 64 hashes."""

    __slots__ = ("_peaks", "size")

    def __init__(self, size: int = 0, dumped: bytes = b"") -> None:
        """An edge as `dump` gave it. Raises ValueError where the two do not fit."""
        if len(dumped) != size.bit_count() * HASH_BYTES:
            raise ValueError("the frontier does not fit the tree's size")
        self.size = size
        self._peaks = [dumped[at : at + HASH_BYTES] for at in range(0, len(dumped), HASH_BYTES)]

    def append(self, leaf: bytes) -> None:
        """Will add a leaf's hash at the end."""
        left = self.size
        while left & 1:
            leaf = sha256(b"\x01" + self._peaks.pop() + leaf).digest()
            left >>= 1
        self._peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The hash that stands for the whole tree."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def dump(self) -> bytes:
        """The edge's hashes, one after the other, the largest subtree first."""
        return b"".join(self._peaks)


def inclusion_ranges(position: int, size: int) -> list[Range]:
    """The subtrees whose roots prove that a leaf stands at a position, from the leaf upwards."""
    if not 0 <= position < size:
        raise ValueError("there is no such leaf")
    found: list[Range] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if position < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def consistency_ranges(first: int, size: int) -> list[Range]:
    """The subtrees whose roots prove that a tree of `first` leaves is the beginning of this one (0 < first < size)."""
    if not 0 < first < size:
        raise ValueError("there is no such earlier tree")
    found: list[Range] = []
    start, end, is_whole = 0, size, True
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start, is_whole = middle, False
    if not is_whole:
        found.append((start, end))
    return found[::-1]


def subtree_roots(ranges: Sequence[Range], leaves: Iterable[bytes]) -> dict[Range, bytes]:
    """The roots of subtrees that do not overlap, in one walk over all leaves' hashes from position 0."""
    walk = iter(leaves)
    at, roots = 0, {}
    for start, end in sorted(ranges):
        _skip(walk, start - at)
        frontier = Frontier()
        for leaf in islice(walk, end - start):
            frontier.append(leaf)
        if frontier.size != end - start:
            raise ValueError("leaves are missing")
        roots[start, end], at = frontier.root(), end
    return roots


def inclusion_holds(*, leaf: bytes, position: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path leads from the leaf's hash at the position to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= position < size:
        return False
    node, last, found = position, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def consistency_holds(
    *, first: int, size: int, path: Sequence[bytes], first_root: bytes, root: bytes
) -> bool:
    """Whether the tree of `first` leaves is the beginning of the one of `size` (RFC 9162, 2.1.4.2)."""
    if first == size:
        return not path and first_root == root
    if not 0 < first < size or not path:
        return False
    steps = [first_root, *path] if first & (first - 1) == 0 else list(path)
    node, last = first - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, step)
        node, last = node >> 1, last >> 1
    return last == 0 and old == first_root and new == root


def _split(size: int) -> int:
    """The largest power of two that is smaller."""
    return 1 << (size - 1).bit_length() - 1


def _skip(walk: Iterator[bytes], count: int) -> None:
    next(islice(walk, count, count), None)
