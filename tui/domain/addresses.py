"""Which email addresses can be written to: one rule for the mail gate, feeds and the mail itself.

Pure; it asks no server. A message about an address never repeats it, so that it can be logged.
"""

import re

_LONGEST = 254  # RFC 5321: a path of 256 less its angle brackets
_LONGEST_LOCAL = 64
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")


def usable_email(value: str) -> bool:
    """Whether a message can be addressed to `value`."""
    return not why_unusable(value)


def why_unusable(value: str) -> str:
    """Why no message can be addressed to `value`, for `the email can't be used: ...`; "" when it can."""
    if not value.strip():
        return "there is none"
    if value.count("@") > 1 and re.search(r"[\s,;/|&]", value):
        return "the field holds more than one address"
    if "@" not in value:
        return "there is no @ in it"
    if value.count("@") > 1:
        return "there is more than one @ in it"
    if len(value) > _LONGEST:
        return f"it is longer than {_LONGEST} characters"
    if re.search(r"\s", value) or not value.isprintable():
        return "there is a space or an invisible character in it"
    if re.search(r'[,;:<>()\[\]\\"\ufffd]', value):
        return "there is a character in it that an address can't have"
    local, domain = value.split("@")
    if not local:
        return "there is nothing before the @"
    if not domain:
        return "there is nothing after the @"
    return _why_local_unusable(local) or _why_domain_unusable(domain)


def _why_local_unusable(local: str) -> str:
    if len(local) > _LONGEST_LOCAL:
        return f"the part before the @ is longer than {_LONGEST_LOCAL} characters"
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return "there is a dot too many before the @"
    if not local.isascii():
        # Few mail servers take these (RFC 6531), and a message that is refused later helps nobody.
        return "there is a letter before the @ that mail servers do not take"
    # "=?" begins an encoded word: what a mail program shows would not be what stands here.
    if not _LOCAL.fullmatch(local) or "=?" in local:
        return "there is a character before the @ that an address can't have"
    return ""


def _why_domain_unusable(domain: str) -> str:
    if domain.startswith(".") or domain.endswith(".") or ".." in domain:
        return "there is a dot too many after the @"
    if "." not in domain:
        return "there is no dot after the @"
    encoded = _idna(domain)
    if not _DOMAIN.fullmatch(encoded) or len(encoded) > 253 or encoded.rpartition(".")[2].isdigit():
        return "what follows the @ is not the name of a mail domain"
    return ""


def ascii_address(value: str) -> str:
    """A usable address as it travels: an international domain in its ASCII form. ValueError if unusable."""
    if why := why_unusable(value):
        raise ValueError(f"the email can't be used: {why}")
    local, domain = value.split("@")
    return f"{local}@{_idna(domain)}"


def _idna(domain: str) -> str:
    """`domain` in ASCII, or "" when it has no such form."""
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
