"""Pages of a list: by cursor, or by number. Cursors are those of the Rust functions."""

import base64
import binascii
import hashlib
import struct
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

ROWS_DEFAULT = 50
ROWS_MAX = 100
NUMBER_MAX = 1000

_LIST = b"projects"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PLACE = struct.Struct(">q16s")
_CHECK_BYTES = 8


class Keyset(NamedTuple):
    """A place in a list ordered by (created_at, id), newest first: the last row already seen."""

    created_at: datetime
    id: UUID


#: Before the first row of any list.
START = Keyset(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), UUID(int=2**128 - 1))


def to_cursor(place: Keyset, tenant: UUID) -> str:
    """Writes a place down for the caller, with a checksum that ties it to tenant and list."""
    micros = (place.created_at - _EPOCH) // _MICROSECOND
    packed = _PLACE.pack(micros, place.id.bytes)
    return base64.urlsafe_b64encode(packed + _check(packed, tenant)).rstrip(b"=").decode()


def from_cursor(text: str, tenant: UUID) -> Keyset:
    """Reads what `to_cursor` wrote for the same tenant. Raises ValueError for anything else."""
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        place, check = packed[: _PLACE.size], packed[_PLACE.size :]
        micros, identity = _PLACE.unpack(place)
        if check != _check(place, tenant):
            raise ValueError("checksum")
        return Keyset(_EPOCH + micros * _MICROSECOND, UUID(bytes=identity))
    except (binascii.Error, struct.error, OverflowError, ValueError) as error:
        raise ValueError("is not a cursor of this list") from error


def _check(place: bytes, tenant: UUID) -> bytes:
    return hashlib.sha256(tenant.bytes + _LIST + place).digest()[:_CHECK_BYTES]
