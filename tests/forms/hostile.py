"""Documents that nobody writes but an attacker, for tests and benchmarks of how long reading takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice, product

N = 50_000
MB = 1_000_000
HEAD = "<title>Afspraak maken</title><h1>Contact</h1>"


def documents() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every document."""
    for tag in [
        "div",
        "b",
        "ul",
        "font",
        "form",
        "label",
        "table",
        "select",
        "svg",
        "math",
        "template",
        "noscript",
        "button",
        "fieldset",
        "a",
        "p",
        "span",
        "li",
        "object",
        "dl",
        "ruby",
        "h1",
    ]:
        yield f"{N} nested {tag}", (f"<{tag}>" * N).encode()
    yield "nested div and unclosed font", ("<div><font size=1>" * N).encode()
    yield "a few fonts and many blocks", ("<p>" + "".join(f"<font color={i}>" for i in range(299)) + "<p>x" * 3600).encode()
    yield "five fonts and very many blocks", ("<p>" + "".join(f"<font color={i}>" for i in range(5)) + "<p>x" * 75_000).encode()
    yield "legends in each other with long text", ("<form><fieldset>" + "<legend>" * 500 + "x " * 400_000).encode()
    yield "headings in each other with long text", ("<h2><div>" * 250 + "x " * 400_000).encode()
    yield "links in each other with long text", ("<svg>" + "<a href=/x>" * 500 + "x " * 400_000).encode()
    yield "closing tags of what is not open", ("</div><div></span><span>" * 40_000).encode()
    yield "nested form parts", ("<form><fieldset><legend><label>" * 12_000 + "<input>").encode()
    yield "deep tables", ("<table><tr><td>" * 15_000).encode()
    yield "tables with misplaced text", ("<table>x<tr>y<td><input></table>" * 15_000).encode()
    yield "attribute of 10 MB", b"<input name='" + b"naam " * (2 * MB) + b"'>"
    yield "many attributes", ("<input " + " ".join(f"a{i}=b" for i in range(100_000)) + ">").encode()
    yield "attributes around ends in quotes", _names("<input ", 15_000, lambda i, name: f'{name}="<p>"' if i % 90 == 0 else name)
    yield "attributes with nothing between", _names("<input ", 100_000, lambda _, name: f'{name}=""', "")
    yield "attributes in a value of a script", b"<script>a <b c='</script>" + _names("<input ", 50_000, lambda _, name: name) + b"'>"
    yield "tags of twenty attributes", _names("<input ", 20, lambda _, name: name) * 16_000
    yield "100,000 inputs", ("<form>" + "".join(f"<input name=a{i}>" for i in range(100_000))).encode()
    yield "100,000 inputs of no form", ("<main>" + "<input name=naam>" * 100_000).encode()
    yield "100,000 inputs with words between", ("<form>" + "naam <input> " * 100_000).encode()
    yield (
        "inputs far below their words",
        ("<form>" + "<p>" + "x " * 200_000 + "</p>" + "<div><div><div><input></div></div></div>" * 10_000).encode(),
    )
    yield "labels of one id", ("<label for=a>naam</label>" * 100_000 + "<form>" + "<input id=a>" * 1000).encode()
    yield "long label of many fields", ("<label for=a>" + "naam <b>x</b> " * 50_000 + "</label><form>" + "<input id=a>" * 1000).encode()
    yield (
        "labelled by long text",
        ("<p id=a>" + "naam <b>x</b> " * 50_000 + "</p><form>" + "<input aria-labelledby='a a a a a'>" * 1000).encode(),
    )
    yield "one label around many fields", ("<form><label>" + "naam <b>x</b>" * 30_000 + "<input>" * 1000).encode()
    yield "long legend of many groups", ("<form><fieldset><legend>" + "x " * MB + "</legend>" + "<input type=radio>" * 1000).encode()
    yield "50,000 forms", ("<form><input name=q><button>Zoek</button></form>" * N).encode()
    yield "forms in one box with long text", ("<div>" + "x" * MB + "<form><input name=q></form>" * 5000).encode()
    yield "wide table of fields", ("<form><table><tr>" + "<th>x" * 20_000 + "<tr>" + "<td><input>" * 20_000).encode()
    yield "long table of fields", ("<form><table>" + "<tr><td>naam<td><input>" * 30_000).encode()
    yield "text of 1 MB", (HEAD + "<form><p>" + "afspraak maken " * 70_000 + "<input name=a>").encode()
    yield "word of 1 MB", (HEAD + "<form><p>" + "a" * MB + "<input name=a>").encode()
    yield "white space of 1 MB", (HEAD + "<form><label>" + " \n\t" * 330_000 + "<input name=a>").encode()
    yield "entities", b"<form><label>" + b"&amp;&lt;&eacute;&#x41;&#99999999;&nope;" * 25_000
    yield "ampersands", b"<form><label>" + b"&" * MB
    yield "null bytes", b"<form>" + b"\0<input\0 name=\0naam>" * N
    yield "nothing but null bytes", b"\0" * MB
    yield "unclosed comment", b"<form><input name=naam><!--" + b"- <p>" * 200_000
    yield "many comments", b"<!---->" * 150_000
    yield "unclosed script", b"<form><input><script>" + b"location='" * 100_000
    yield "unclosed attribute", b"<form action='" + b"<p>" * 300_000
    yield "unclosed title", b"<title>" + b"<p>afspraak " * 80_000
    yield "textarea without end", b"<form><textarea>" + b"<input>" * 150_000
    yield "svg and math", ("<svg><form><math><input><foreignObject><form><input></svg>" * 15_000).encode()
    yield "template and noscript", ("<template><form><input></template><noscript><form><input></noscript>" * 15_000).encode()
    yield "frameset", ("<frameset>" + "<frame src=a>" * 80_000).encode()
    yield "options", ("<form><select name=a>" + "<option>09:00" * 80_000).encode()
    yield "times of day", ("<form><select><option>x</select>" + "09:0 9:00 " * 100_000).encode()
    yield "buttons", ("<form><input name=a>" + "<button>Volgende stap</button>" * 30_000).encode()
    yield "links", "".join(f"<a href='/{i}/../x?a=b#c'>paspoort {i}</a>" for i in range(25_000)).encode()
    yield "links of dots", ("<a href='" + "../" * 300_000 + "'>").encode()
    yield "alerts", ("<div role=alert class=error>" * 500 + "x " * 400_000).encode()
    yield "landmarks", ("<section>" * 500 + "<h2>x</h2><form><input></form></section>" * 10_000).encode()
    yield "classes", ("<form>" + f"<div class='{'hidden- ' * 200}'><input></div>" * 1000).encode()
    yield "styles", ("<form>" + f"<div style='{'left: - ' * 200}'><input></div>" * 1000).encode()
    yield "notes in brackets", ("<form><label>" + "((verplicht" * 100_000 + "<input>").encode()
    yield "e mail e mail", ("<h1>" + "e e-e mail " * 100_000 + "</h1>").encode()
    yield "gaps", ("<title>" + "stel vraag uw de een vraag aan " * 40_000 + "</title><form><input>").encode()
    yield "scripts that almost go elsewhere", ("<script>" + "window . location = " * 70 + "</script>").encode() * 700
    yield "scripts full of addresses", ("<div id=openforms-root></div><script>" + '"https://' + "a/" * 900 + "</script>").encode() * 500
    yield "scripts full of escapes", (r"<div id=openforms-root></div><script>" + r"\u002D\/" * 240 + "</script>").encode() * 500
    yield "refresh", b"<meta http-equiv=refresh content='0;" + b" url=" * 200_000 + b"'>"
    yield "charset that lies: utf-16", b"<meta charset=utf-16>" + "<form><input name=naam>é".encode() * 40_000
    yield "charset that lies: utf-7", b"<meta charset=utf-7>" + b"+ADw-form+AD4-" * 70_000
    yield "charset of nothing", b"<meta charset=" + b"x" * MB
    yield "charset again and again", b"<meta charset" * 80_000
    yield "utf-16 cut in two", b"\xff\xfe" + "<form><input name=naam>".encode("utf-16-le") * 20_000 + b"<"
    yield "bytes of no character set", bytes(range(256)) * 4000
    yield "plaintext", b"<form><input><plaintext>" + b"</form><input>" * 70_000
    yield "bases", b"<base href=/a>" * 70_000
    yield "mount points", b"<div id=openforms-root data-base-url=/a data-form-id=b></div>" * 15_000


def _names(opening: str, count: int, written: Callable[[int, str], str], between: str = " ") -> bytes:
    """A tag with a number of attributes, each with another short name."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    names = ("".join(name) for size in (1, 2, 3, 4) for name in product(letters, repeat=size))
    return (opening + between.join(written(i, name) for i, name in enumerate(islice(names, count))) + ">").encode()
