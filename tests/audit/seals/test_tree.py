"""The tree against pymerkle, and its proofs against every kind of lie."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from audit.seals.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_holds,
    consistency_ranges,
    inclusion_holds,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    subtree_roots,
)

sizes = st.integers(1, 200)


def leaves_of(size):
    return [leaf_hash(b"%d" % number) for number in range(size)]


def frontier_of(leaves):
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier


def roots_of(ranges, leaves):
    roots = subtree_roots(ranges, leaves)
    return [roots[one] for one in ranges]


def other_tree(size):
    tree = InmemoryTree(algorithm="sha256")
    for number in range(size):
        tree.append_entry(b"%d" % number)
    return tree


class TestFrontier:
    def test_knows_the_roots_of_rfc_6962s_own_tests(self):
        data = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ]
        frontier = frontier_of([leaf_hash(bytes.fromhex(one)) for one in data])

        assert Frontier().root() == EMPTY_ROOT == sha256(b"").digest()
        assert frontier.root().hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"

    @given(sizes)
    def test_agrees_with_pymerkle(self, size):
        assert frontier_of(leaves_of(size)).root() == other_tree(size).get_root()

    @given(sizes, sizes)
    def test_goes_on_where_it_was_left(self, one, other):
        leaves = leaves_of(one + other)
        left = frontier_of(leaves[:one])

        again = Frontier(one, left.dump())
        for leaf in leaves[one:]:
            again.append(leaf)

        assert again.root() == frontier_of(leaves).root()

    def test_refuses_an_edge_of_another_size(self):
        with pytest.raises(ValueError, match="does not fit"):
            Frontier(3, frontier_of(leaves_of(4)).dump())


class TestInclusionHolds:
    @given(sizes, st.data())
    def test_for_every_leaf_and_for_no_other(self, size, data):
        position = data.draw(st.integers(0, size - 1))
        leaves = leaves_of(size)
        path = roots_of(inclusion_ranges(position, size), leaves)
        told = {"leaf": leaves[position], "position": position, "size": size, "path": path}
        root = frontier_of(leaves).root()

        assert inclusion_holds(**told, root=root)
        assert not inclusion_holds(**{**told, "leaf": leaf_hash(b"other")}, root=root)
        assert not inclusion_holds(**{**told, "position": size}, root=root)
        assert not inclusion_holds(**{**told, "path": [*path, root]}, root=root)
        if size > 1:
            assert not inclusion_holds(**{**told, "path": path[:-1]}, root=root)
            assert not inclusion_holds(**{**told, "path": [*path[:-1], leaf_hash(b"x")]}, root=root)

    @given(sizes, st.data())
    def test_takes_the_path_that_pymerkle_gives(self, size, data):
        position = data.draw(st.integers(0, size - 1))
        theirs = other_tree(size).prove_inclusion(position + 1)

        own = roots_of(inclusion_ranges(position, size), leaves_of(size))

        assert set(own) <= {bytes.fromhex(step) for step in theirs.serialize()["path"]}

    def test_refuses_a_leaf_that_is_not_there(self):
        for position in (-1, 3):
            with pytest.raises(ValueError, match="no such leaf"):
                inclusion_ranges(position, 3)


class TestConsistencyHolds:
    @given(sizes, st.data())
    def test_for_every_beginning_and_for_no_other(self, size, data):
        first = data.draw(st.integers(1, size))
        leaves = leaves_of(size)
        path = roots_of(consistency_ranges(first, size), leaves) if first < size else []
        told = {
            "first": first,
            "size": size,
            "path": path,
            "first_root": frontier_of(leaves[:first]).root(),
            "root": frontier_of(leaves).root(),
        }

        assert consistency_holds(**told)
        assert not consistency_holds(**{**told, "first_root": leaf_hash(b"other")})
        assert not consistency_holds(**{**told, "root": leaf_hash(b"other")})
        assert not consistency_holds(**{**told, "path": [*path, leaves[0]]})

    def test_refuses_a_tree_that_was_rewritten(self):
        leaves = leaves_of(9)
        other = [leaf_hash(b"other"), *leaves[1:]]

        assert not consistency_holds(
            first=5,
            size=9,
            path=roots_of(consistency_ranges(5, 9), other),
            first_root=frontier_of(leaves[:5]).root(),
            root=frontier_of(other).root(),
        )

    @pytest.mark.parametrize("first", [0, 5, 6])
    def test_refuses_an_earlier_tree_that_can_not_be(self, first):
        with pytest.raises(ValueError, match="no such earlier tree"):
            consistency_ranges(first, 5)


class TestSubtreeRoots:
    def test_refuses_to_prove_with_leaves_that_are_missing(self):
        with pytest.raises(ValueError, match="missing"):
            subtree_roots([(0, 4)], leaves_of(3))

    def test_are_those_of_trees_of_their_own(self):
        leaves = leaves_of(7)

        assert subtree_roots([(4, 6), (0, 2)], leaves) == {
            (4, 6): node_hash(*leaves[4:6]),
            (0, 2): node_hash(*leaves[0:2]),
        }
