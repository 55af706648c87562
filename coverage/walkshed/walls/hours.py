"""When a gate is open: hours as planners and OpenStreetMap write them."""

from __future__ import annotations

import re
import unicodedata

_ALWAYS = frozenset({"", "24/7", "全天", "全天开放", "24小时", "24h", "24 hours", "always", "24hours"})
_NEVER = frozenset({"off", "closed", "关闭", "不开放", "常闭", "never"})
_SPAN = re.compile(
    r"(\d{1,2})(?:[::.点时](\d{1,2})?分?)?\s*(?:-|–|—|~|～|至|到)\s*(?:次日|翌日)?(\d{1,2})(?:[::.点时](\d{1,2})?分?)?"
)
_DAYS = re.compile(r"^(?:(?:mo-su|daily|每天|每日|周一至周日|星期一至星期日|全年)\s*)", re.IGNORECASE)
_TIME = re.compile(r"(\d{1,2})[::](\d{2})")


def minute_of(time: str) -> int | None:
    """Return a time of day as minutes after midnight, None where it is none.

    Examples
    --------
    >>> minute_of("23:30"), minute_of("7:5"), minute_of("25:00")
    (1410, None, None)
    """
    found = _TIME.fullmatch(unicodedata.normalize("NFKC", time).strip())
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2])
    return hour * 60 + minute if hour < 24 and minute < 60 else None


def is_open(hours: str, minute: int) -> bool | None:
    """Whether a gate with these hours is open at a minute of the day; None where they cannot be read.

    Understood are ``06:00-22:00``, several spans with commas or semicolons, spans over midnight,
    ``Mo-Su`` and 每天 before them, 全天 and 24/7, 关闭 and off; a span includes its first minute and
    not its last one. Blank means always. Different hours on different days are not understood.

    Examples
    --------
    >>> is_open("06:00-22:00", 23 * 60 + 30), is_open("22:00-06:00", 60), is_open("全天", 0)
    (False, True, True)
    >>> is_open("看情况", 600) is None
    True
    """
    text = unicodedata.normalize("NFKC", hours).strip().casefold()
    text = _DAYS.sub("", text).strip()
    if text in _ALWAYS:
        return True
    if text in _NEVER:
        return False
    answer = False
    for part in re.split(r"[,;、，；]", text):
        found = _SPAN.fullmatch(part.strip())
        if found is None:
            return None
        start = int(found[1]) * 60 + int(found[2] or 0)
        end = int(found[3]) * 60 + int(found[4] or 0)
        if start > 1440 or end > 1440 or int(found[2] or 0) > 59 or int(found[4] or 0) > 59:
            return None
        inside = start <= minute < end if start < end else (minute >= start or minute < end)
        answer |= inside
    return answer
