"""Columns that speak of persons: dropped on reading, before anything else sees them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from walkshed.tables.values import folded, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_ZH = re.compile(
    "联系人|联系方式|联系电话|联络|电话|手机|座机|微信|身份证|证件号|证件编号|护照|社保|医保|银行卡|银行账号|姓名|户主|"
    "房号|室号|房间号|门牌室|单元室|户室|邮箱|电子邮件|电邮|邮件|负责人|责任人|经办人|填表人|填报人|录入人|"
    "楼长|楼栋长|楼组长|网格员|网格长|书记|业主姓名|出生日期|出生年月|生日|车牌|监护人|紧急联系"
)
_ZH_EXACT = frozenset("业主 主任 站长 管理员 人员 成员 qq qq号 qq号码 年龄 性别 民族 房间 室 单元号".split())  # noqa: SIM905
_COUNT = re.compile(r"(数|数量|率|比例|占比|比|面积|counts?)$|^(number of|num_|n_)|亭")
_EN_TOKENS = frozenset(
    "phone phones telephone tel mobile cellphone email wechat weixin whatsapp contact "  # noqa: SIM905
    "contacts surname passport dob birthday birthdate householder ssn fax".split()
)
_EN_EXACT = frozenset(
    "cell mail qq idcard idcardno idnumber idcardnumber nationalid nationalidnumber "  # noqa: SIM905
    "identitynumber identitycard "
    "room roomno roomnumber roomnum flatno flatnumber apartmentno apartmentnumber doorno "
    "residentname ownername personname tenantname membername firstname lastname familyname givenname "
    "fullname personincharge responsibleperson headofhousehold dateofbirth birthday age sex gender "
    "licenceplate licenseplate".split()
)
# Mainland mobile numbers and identity card numbers, not inside a longer number.
_NUMBER = re.compile(
    r"(?<![\d.])(?:(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}|"
    r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx])(?![\d.])"
)


def is_personal(header: str) -> bool:
    """Tell whether a header announces persons: names, numbers, rooms.

    Examples
    --------
    >>> [is_personal(header) for header in ("联系人", "手机号", "phone_number", "Contact Person")]
    [True, True, True, True]
    >>> [is_personal(header) for header in ("小区名称", "name", "住户数", "网格员人数", "contact_count")]
    [False, False, False, False, False]
    """
    text = folded(header).casefold()
    text = re.sub(r"[(\[【].*?[)\]】]", "", text).strip() or text
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", folded(header)).casefold()
    if _COUNT.search(text):
        return False
    plain = re.sub(r"[^0-9a-z\u4e00-\u9fff]", "", text)
    if _ZH.search(plain) or plain in _ZH_EXACT | _EN_EXACT | _EN_TOKENS:
        return True
    return any(token in _EN_TOKENS for token in re.split(r"[^a-z]+", spaced))


def holds_numbers(cells: Iterable[object]) -> bool:
    """Tell whether most cells of a column are phone or identity card numbers.

    Examples
    --------
    >>> holds_numbers(["13812345678", "", "139-1234-5678"]), holds_numbers(["1200", "1300"])
    (True, False)
    """
    texts = [text for cell in cells if (text := text_of(cell))]
    hits = sum(1 for text in texts if 11 <= len(text) <= 22 and _NUMBER.fullmatch(text))
    return hits > 0 and hits * 2 >= len(texts)


def hide_numbers(cell: object) -> object:
    """Return a text with the phone and identity card numbers in it replaced by stars.

    Examples
    --------
    >>> hide_numbers("王家边 10 号，13812345678")
    '王家边 10 号，***'
    """
    if isinstance(cell, str) and len(cell) >= 11:
        return _NUMBER.sub("***", cell)
    return cell


def is_id_like(header: str) -> bool:
    """Tell whether a header announces ids of things, which may look like phone numbers."""
    text = folded(header).casefold()
    return text.endswith(("id", "编号", "编码", "代码", "code", "ref")) or "osm" in text
