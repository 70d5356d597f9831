"""RFC 6962's Merkle tree (sections 2.1, 2.1.1 and 2.1.2), written from the RFC alone, for the check of canaryd's logs by a
second program. Nothing here knows canaryd."""
import hashlib


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The tree over the leaves given so far: the roots of its whole subtrees, from the largest to the smallest."""

    def __init__(self):
        self.size = 0
        self._subtrees = []  # of (leaves, hash)

    def add(self, leaf):
        """`leaf` is a leaf hash, 32 bytes."""
        self._subtrees.append((1, leaf))
        while len(self._subtrees) > 1 and self._subtrees[-1][0] == self._subtrees[-2][0]:
            (_, right), (leaves, left) = self._subtrees.pop(), self._subtrees.pop()
            self._subtrees.append((2 * leaves, node_hash(left, right)))
        self.size += 1

    def root(self):
        if not self._subtrees:
            return hashlib.sha256(b"").digest()
        root = self._subtrees[-1][1]
        for _, left in reversed(self._subtrees[:-1]):
            root = node_hash(left, root)
        return root


def _split(size):
    """The largest power of two smaller than `size`: where the RFC cuts a tree of more than one leaf."""
    return 1 << (size - 1).bit_length() - 1


def root_by_definition(leaves):
    """MTH of section 2.1, by its recursion: slow, and what Tree is tested against."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = _split(len(leaves))
    return node_hash(root_by_definition(leaves[:k]), root_by_definition(leaves[k:]))


def root_of_inclusion(index, size, leaf, path):
    """The root that an audit path leads to (section 2.1.1, read from the leaf's end); ValueError when it cannot be one."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    if size == 1:
        if path:
            raise ValueError("the path is longer than the tree is high")
        return leaf
    if not path:
        raise ValueError("the path is shorter than the tree is high")
    k = _split(size)
    if index < k:
        return node_hash(root_of_inclusion(index, k, leaf, path[:-1]), path[-1])
    return node_hash(path[-1], root_of_inclusion(index - k, size - k, leaf, path[:-1]))


def roots_of_consistency(old, new, old_root, proof):
    """(old root, new root) that a consistency proof leads to (section 2.1.2); ValueError when it cannot be one."""
    if not 0 < old <= new:
        raise ValueError(f"no proof from {old} to {new}")
    if old == new:
        if proof:
            raise ValueError("a proof between equal sizes is empty")
        return old_root, old_root
    return _subproof(old, new, old_root, list(proof), True)


def _subproof(old, new, old_root, proof, known):
    """SUBPROOF(m, D[n], b): `known` is b, true while the old tree's root is not part of the proof."""
    if old == new:
        if known:
            if proof:
                raise ValueError("the proof is too long")
            return old_root, old_root
        if len(proof) != 1:
            raise ValueError("the proof has not the length that its sizes ask for")
        return proof[0], proof[0]
    if not proof:
        raise ValueError("the proof is too short")
    k = _split(new)
    if old <= k:
        old_side, left = _subproof(old, k, old_root, proof[:-1], known)
        return old_side, node_hash(left, proof[-1])
    old_side, right = _subproof(old - k, new - k, old_root, proof[:-1], False)
    return node_hash(proof[-1], old_side), node_hash(proof[-1], right)
