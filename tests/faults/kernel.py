# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel holds, asked of the kernel itself: no word of portsieve or libbpf is taken for it."""

import ctypes
import os
import struct

_libc = ctypes.CDLL(None, use_errno=True)
_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]

OBJ_GET, OBJ_GET_INFO_BY_FD, MAP_LOOKUP_ELEM = 7, 15, 1
GET_NEXT_ID = {"program": 11, "map": 12, "link": 31}
GET_FD_BY_ID = {"program": 13, "map": 14, "link": 30}
ARRAY, ARRAY_OF_MAPS, XDP = 2, 12, 6
IMAGE_BYTES = 1 << 20  # at least: names of maps do not tell, since libbpf leaves them out after a failed probe
CLONE_NEWNET = 0x40000000


def _bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes.ljust(128, b"\0"), 128)
    result = _libc.syscall(_BPF, command, buffer, 128)
    if result < 0:
        raise OSError(ctypes.get_errno(), "bpf(%d)" % command)
    return result, buffer.raw


def enter_network(name):
    """Moves this thread to the named network namespace."""
    with open("/run/netns/" + name) as namespace:
        if _libc.setns(namespace.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns " + name)


def _information(fd, size=256):
    information = ctypes.create_string_buffer(size)
    _bpf(OBJ_GET_INFO_BY_FD, struct.pack("=IIQ", fd, size, ctypes.addressof(information)))
    return information.raw


def pinned_object(path):
    """(kind, id) of what is pinned at a path."""
    text = ctypes.create_string_buffer(path.encode())
    fd, _ = _bpf(OBJ_GET, struct.pack("=QII", ctypes.addressof(text), 0, 0))
    try:
        target = os.readlink("/proc/self/fd/%d" % fd)
        kind = "map" if "map" in target else "program" if "prog" in target else "link"
        return kind, struct.unpack_from("=I", _information(fd), 4)[0]
    finally:
        os.close(fd)


def exists(kind, number):
    try:
        fd, _ = _bpf(GET_FD_BY_ID[kind], struct.pack("=III", number, 0, 0))
    except FileNotFoundError:
        return False
    os.close(fd)
    return True


def _objects(kind):
    """(id, descriptor) of all objects of a kind in the whole kernel. The descriptor is closed behind you."""
    number = 0
    while True:
        try:
            _, reply = _bpf(GET_NEXT_ID[kind], struct.pack("=III", number, 0, 0))
        except FileNotFoundError:
            return
        number = struct.unpack_from("=I", reply, 4)[0]
        try:
            fd, _ = _bpf(GET_FD_BY_ID[kind], struct.pack("=III", number, 0, 0))
        except FileNotFoundError:
            continue
        try:
            yield number, fd
        finally:
            os.close(fd)


def _lookup(fd, size):
    key = ctypes.create_string_buffer(struct.pack("=I", 0), 4)
    value = ctypes.create_string_buffer(size)
    try:
        _bpf(MAP_LOOKUP_ELEM, struct.pack("=IIQQQ", fd, 0, ctypes.addressof(key), ctypes.addressof(value), 0))
    except OSError:
        return b""
    return value.raw


def images_of(folder):
    """Ids of image maps in the whole kernel whose policy came from a file in the folder: nobody else's."""
    found = set()
    for number, fd in _objects("map"):
        kind, _, _, size, elements = struct.unpack_from("=5I", _information(fd))
        if kind == ARRAY and elements == 1 and size >= IMAGE_BYTES and folder.encode() in _lookup(fd, size):
            found.add(number)
    return found


def programs_reading(images):
    """Ids of XDP programs one of whose maps has one of the images in its first slot."""
    found = set()
    for number, fd in _objects("program"):
        maps = (ctypes.c_uint32 * 64)()
        question = bytearray(256)
        struct.pack_into("=I", question, 52, 64)
        struct.pack_into("=Q", question, 56, ctypes.addressof(maps))
        answer = ctypes.create_string_buffer(bytes(question), 256)
        _bpf(OBJ_GET_INFO_BY_FD, struct.pack("=IIQ", fd, 256, ctypes.addressof(answer)))
        if struct.unpack_from("=I", answer)[0] == XDP and images & _slots(list(maps)):
            found.add(number)
    return found


def _slots(maps):
    """What the first slots of those of the maps hold that are arrays of maps."""
    held = set()
    for number in filter(None, maps):
        try:
            fd, _ = _bpf(GET_FD_BY_ID["map"], struct.pack("=III", number, 0, 0))
        except FileNotFoundError:
            continue
        if struct.unpack_from("=I", _information(fd))[0] == ARRAY_OF_MAPS:
            held.add(struct.unpack("=I", _lookup(fd, 4) or b"\0\0\0\0")[0])
        os.close(fd)
    return held
