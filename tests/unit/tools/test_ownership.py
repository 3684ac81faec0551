"""Do paths lead to the one service that they belong to, and to none where that is not clear?"""

import time
from pathlib import Path

import pytest

from clew.errors import Misconfigured
from tools.ownership import Ownership, Owning, Rule, codeowners, ownership

LAYOUTS = ("services/*", "apps/*", "cmd/*")
KNOWN = ("checkout", "payments", "cart-service")


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*", "a/b.py", True),
        ("*.js", "a/b.js", True),
        ("*.js", "a/b.jsx", False),
        ("/docs/", "docs/a/b.md", True),
        ("/docs/", "a/docs/b.md", False),
        ("docs/", "a/docs/b.md", True),
        ("docs/*", "docs/a.md", True),
        ("docs/*", "docs/a/b.md", False),
        ("apps/web", "apps/web/x/y.py", True),
        ("apps/web", "apps/webshop/x.py", False),
        ("**/logs", "a/b/logs/x", True),
        ("a/**/c.py", "a/c.py", True),
        ("a/**/c.py", "a/b/d/c.py", True),
        ("/a/**", "a/b/c", True),
        ("src/?.py", "src/a.py", True),
        ("src/?.py", "src/ab.py", False),
        ("a.b", "axb", False),
        ("(", "(", True),
        ("[a-z]+", "abc", False),
    ],
)
def test_patterns_mean_what_codeowners_means_by_them(pattern: str, path: str, fits: bool) -> None:
    assert Rule(pattern, "x").fits("any", path) is fits


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("services/search/app.py", "search"),
        ("apps/web/src/page.ts", "web"),
        ("cmd/importer/main.go", "importer"),
        ("services/app.py", None),
        ("lib/money.py", None),
        ("README.md", None),
    ],
)
def test_a_folder_with_services_names_them(path: str, service: str | None) -> None:
    assert Ownership(layouts=LAYOUTS).of("shop", path) == service


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("services/checkout/app.py", "checkout"),
        ("services/shared/app.py", None),
        ("checkout/app.py", "checkout"),
        ("src/checkout_service/app.py", "checkout"),
        ("src/cart/app.py", "cart-service"),
        ("src/main/java/shop/deep/checkout/A.java", None),
        ("checkout.py", None),
    ],
)
def test_where_services_are_known_only_their_names_count(path: str, service: str | None) -> None:
    assert Ownership(layouts=LAYOUTS, known=KNOWN).of("shop/mono", path) == service


def test_a_repository_of_one_service_is_that_services() -> None:
    owned = Ownership(layouts=LAYOUTS, known=KNOWN, whole={"shop/api": "payments", "legacy": "cart-service"})
    assert owned.of("shop/api", "src/main.py") == "payments"
    assert owned.of("other/legacy", "src/main.py") == "cart-service"
    assert owned.of("shop/checkout", "src/main.py") == "checkout", "by its own name"
    assert owned.of("shop/tools", "src/main.py") is None


def test_the_mapping_file_wins_and_its_last_line_that_fits_counts(tmp_path: Path) -> None:
    file = tmp_path / "services.yaml"
    file.write_text(
        "lib/**: payments\nlib/legacy/**: null\nservices/checkout/docs/**: null\n'shop/other:src/**': cart-service\n"
    )
    owned = ownership(Owning(services_file=file))
    assert owned.of("shop/mono", "lib/a.py") == "payments"
    assert owned.of("shop/mono", "lib/legacy/a.py") is None
    assert owned.of("shop/mono", "services/checkout/a.py") == "checkout"
    assert owned.of("shop/mono", "services/checkout/docs/a.py") is None
    assert owned.of("shop/other", "src/a.py") == "cart-service"
    assert owned.of("shop/mono", "src/a.py") is None


@pytest.mark.parametrize("text", ["- a list\n", "a: [b]\n", "a: {b: c}\n", "{", "\xff"])
def test_a_mapping_file_that_is_none_says_what_it_should_hold(tmp_path: Path, text: str) -> None:
    file = tmp_path / "services.yaml"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(Misconfigured, match="services/checkout"):
        ownership(Owning(services_file=file))
    with pytest.raises(Misconfigured, match="cannot be read"):
        ownership(Owning(services_file=tmp_path / "none.yaml"))


def test_owners_lead_to_services_by_setting_or_by_name() -> None:
    text = """
# who looks after what
*                 @shop/platform
/lib/money/       @shop/payments-team @ada
/lib/basket/      @shop/cart-squad   # they moved
/lib/basket/old/
/lib/odd/         ada@shop.example
[Section]
"""
    owned = Ownership(known=KNOWN, owners={"@shop/platform": "checkout"}).with_codeowners(text)
    assert owned.of("shop/mono", "lib/money/round.py") == "payments", "a team named as a service"
    assert owned.of("shop/mono", "lib/basket/a.py") == "cart-service"
    assert owned.of("shop/mono", "lib/basket/old/a.py") is None, "a line without owners takes them away"
    assert owned.of("shop/mono", "lib/odd/a.py") is None
    assert owned.of("shop/mono", "Makefile") == "checkout", "by the setting"


@pytest.mark.parametrize(
    ("files", "service"),
    [
        (("services/web/app.py",), "web"),
        (("services/web/app.py", "services/web/b.py"), "web"),
        (("services/web/app.py", "services/cart/app.py"), None),
        (("services/web/app.py", "lib/x.py"), "web"),
        (("services/web/app.py", "services/cart/README.md", "docs/a.md"), "web"),
        (("services/web/README.md",), "web"),
        (("services/web/tests/test_app.py", "services/cart/app.py"), "cart"),
        (("lib/x.py",), None),
        ((), None),
    ],
)
def test_a_change_is_one_services_or_nobodys(files: tuple[str, ...], service: str | None) -> None:
    assert Ownership(layouts=LAYOUTS).service("shop", files) == service


def test_hostile_patterns_cost_little() -> None:
    rules = codeowners("\n".join(f"{'a*' * 40}b{n} @x/y" for n in range(400)) + "\n" + "*" * 4_000 + " @x/z\n")
    owned = Ownership(written=rules)
    began = time.monotonic()
    for _ in range(20):
        owned.of("shop", "a" * 400)
    assert time.monotonic() - began < 10
    assert len(codeowners("a @b\n" * 100_000)) <= 5_000
