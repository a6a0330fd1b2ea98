"""The page at /schema: all of it comes from this service, and nothing else can run in it."""

import re
from base64 import b64encode
from hashlib import sha256

from tests.api.client import Client


def test_the_page_names_no_other_origin(client: Client) -> None:
    """It works on a closed network, and no one else's script is ever loaded."""
    page = client.request("GET", "/schema").body.decode()
    assert re.findall(r"https?:|//[a-z0-9-]+\.[a-z]", page) == []


def test_only_the_pages_own_script_and_style_may_run(client: Client) -> None:
    """The policy names each by its hash; one changed character, or one put in by somebody, and it does not run."""
    answer = client.request("GET", "/schema")
    policy = answer.headers["content-security-policy"]
    page = answer.body.decode()
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        parts = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert len(parts) == 1
        digest = b64encode(sha256(parts[0].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
