"""Whether bytes are one zstd frame with the size of its content and a checksum, by RFC 8878 section 3.1.1 alone; the
decoding itself is the `zstd` command line tool's."""
import subprocess


class BadFrame(ValueError):
    """What is wrong with a compressed file."""


def content_size(raw):
    """The size that the frame's header tells; BadFrame when `raw` is not exactly one such frame."""
    if raw[:4] != b"\x28\xb5\x2f\xfd" or len(raw) < 5:
        raise BadFrame("no zstd frame begins here")
    descriptor = raw[4]
    single_segment, checksum = descriptor >> 5 & 1, descriptor >> 2 & 1
    size_bytes = (0 if not single_segment else 1, 2, 4, 8)[descriptor >> 6]
    at = 5 + (not single_segment) + (0, 1, 2, 4)[descriptor & 3]
    if descriptor & 0x08:
        raise BadFrame("a reserved bit is set")
    if not size_bytes or not checksum:
        raise BadFrame("the frame has no content size, or no checksum")
    size = int.from_bytes(raw[at:at + size_bytes], "little") + (256 if size_bytes == 2 else 0)
    if _end_of_blocks(raw, at + size_bytes) + 4 != len(raw):
        raise BadFrame("the file is longer or shorter than its one frame")
    return size


def _end_of_blocks(raw, at):
    while True:
        header = int.from_bytes(raw[at:at + 3], "little")
        if at + 3 > len(raw):
            raise BadFrame("the frame ends within its blocks")
        last, kind, size = header & 1, header >> 1 & 3, header >> 3
        if kind == 3:
            raise BadFrame("a block of the reserved type")
        at += 3 + (1 if kind == 1 else size)
        if last:
            return at


def content(raw, most):
    """The bytes in the one frame; BadFrame when they are not what its header and checksum say, or more than `most`."""
    size = content_size(raw)
    if size > most:
        raise BadFrame(f"the content would have {size} bytes")
    done = subprocess.run(["zstd", "-dc", "--memory=128MB"], input=raw, capture_output=True, check=False)
    if done.returncode != 0 or len(done.stdout) != size:
        raise BadFrame(f"not decoded: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
