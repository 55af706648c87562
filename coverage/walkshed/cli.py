"""The command: it parses, calls the library, and prints what came of it."""

from __future__ import annotations

import io
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from walkshed import __version__
from walkshed.errors import InputError, KernelError, OutputError, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from walkshed.errors import Finding, Language
    from walkshed.progress import Progress
    from walkshed.result import StudyResult

app = typer.Typer(
    name="walkshed",
    help="Who can walk there, who cannot, and why. · 谁能步行到达，谁不能，为什么。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Offline = Annotated[
    bool,
    typer.Option(
        "--offline", help="Never use the network; only named places and [places] providers do · 禁止联网"
    ),
]
StudyPath = Annotated[
    Path, typer.Argument(help="study.toml, or the folder that holds one · 研究文件或所在文件夹")
]


def _version(value: bool) -> None:
    if value:
        print(f"walkshed {__version__}")  # noqa: T201 - the command prints
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    del version  # its callback has answered
    # A console or a file that cannot hold Chinese gets question marks, not a crash at the very end.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="A new folder · 新文件夹")],
    empty: Annotated[
        bool, typer.Option("--empty", help="Blank Excel templates instead of the sample · 空白模板")
    ] = False,
    english: Annotated[
        bool, typer.Option("--english", help="Tables and texts in English · 英文表格")
    ] = False,
    place: Annotated[
        str | None, typer.Option("--place", help="A draft of a named place, from OpenStreetMap · 按地名起草")
    ] = None,
    pbf: Annotated[
        Path | None, typer.Option("--pbf", help="A draft from an OpenStreetMap file · 由 OSM 文件起草")
    ] = None,
    within: Annotated[
        str | None,
        typer.Option("--within", help="With --pbf: a name in it, or a polygon file · 范围：地名或面文件"),
    ] = None,
    offline: Offline = False,
) -> None:
    """Make a study: a schematic sample, blank templates, or a draft from OpenStreetMap. · 新建示例、空白模板或草稿"""
    if place is not None or pbf is not None or within is not None:
        _draft(folder, place=place, pbf=pbf, within=within, english=english, offline=offline)
        return
    with _sentences():
        from walkshed.sample import init_study

        made = init_study(folder, empty=empty, language="en" if english else "zh")
    out = _console()
    out.print(str(made), style="bold", markup=False, highlight=False, soft_wrap=True)
    for path in sorted(made.iterdir()):
        out.print(f"  {path.name}", highlight=False, markup=False)
    if empty:
        out.print(
            "Fill in the workbooks, put an OSM extract beside them, then: · 填好表格、放入 OSM 文件后运行："
        )
    else:
        out.print("A schematic, not real places. Run it with: · 示意数据，位置非真实。运行：")
    out.print(f"  walkshed run {_quoted(made)}", highlight=False, markup=False, soft_wrap=True)


def _draft(
    folder: Path, *, place: str | None, pbf: Path | None, within: str | None, english: bool, offline: bool
) -> None:
    """Draft a study from OpenStreetMap alone, and say what is in it."""
    language: Language = "en" if english else "zh"
    with _sentences(), _progress() as progress:
        from walkshed.draft import draft_study

        draft = draft_study(
            folder, place=place, pbf=pbf, within=within, language=language, offline=offline, progress=progress
        )
    _print_notices(list(draft.notices), language, most=200)
    out = _console()
    out.print(draft.headline.in_(language), markup=False, highlight=False, soft_wrap=True)
    out.print(f"  walkshed run {_quoted(folder)}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def locate(study: StudyPath, offline: Offline = False) -> None:
    """Look for places without coordinates; write places_review.xlsx and a map. · 查找地点，写出核对表"""
    with _sentences(), _progress() as progress:
        from walkshed.locate import locate_study

        review = locate_study(study, offline=offline, progress=progress)
    language = review.study.language
    _print_notices(list(review.notices), language, most=200)
    out = _console()
    out.print(review.headline.in_(language), markup=False, highlight=False, soft_wrap=True)
    for path in (review.review, review.map):
        out.print(f"  {path}", markup=False, highlight=False, soft_wrap=True)


def _quoted(path: Path) -> str:
    return f'"{path}"' if " " in str(path) else str(path)


@app.command()
def check(study: StudyPath, offline: Offline = False) -> None:
    """Read the inputs and the streets, and say what is wrong or doubtful. · 检查输入"""
    with _sentences(), _progress() as progress:
        from walkshed.runner import check as look

        checked, notices = look(study, offline=offline, progress=progress)
    out = _console()
    _print_notices(notices, checked.language, most=200)
    done = Text(f"no faults, {len(notices)} notices", f"没有错误，{len(notices)} 条提示").in_(
        checked.language
    )
    out.print(f"[green]✓[/green] {done}", highlight=False)


@app.command()
def run(
    study: StudyPath,
    out: Annotated[
        Path | None, typer.Option("--out", help="Output folder · 输出文件夹", show_default="as in study.toml")
    ] = None,
    offline: Offline = False,
) -> None:
    """Run a study and write its results. · 运行研究并写出结果"""
    with _sentences(), _progress() as progress:
        from walkshed.streets.ahead import start_for

        start_for(study)  # before anything heavier is loaded
        from walkshed.deliver.folder import check_folder
        from walkshed.deliver.own_folder import check_kind
        from walkshed.errors import Findings
        from walkshed.study import read_study

        findings = Findings()
        spec = read_study(study, findings=findings)
        check_kind(out or spec.output, "run")
        check_folder(out or spec.output)
        spec.build_streets_ahead()
        from walkshed.runner import run as run_study  # after the second process has been started

        result = run_study(spec, offline=offline, progress=progress, findings=findings, draw_meanwhile=True)
        folder = result.write(out, progress=progress)
    _print_result(result, folder)


def _print_result(result: StudyResult, folder: Path) -> None:
    """Print the closing summary: the headline, the table by community, doubts, and where things are."""
    from walkshed.closing import closing_advice, closing_table

    language = result.study.language
    out = _console()
    out.print()
    plain = {"markup": False, "highlight": False, "soft_wrap": True}
    out.print(result.study.name, style="bold", **plain)
    if result.study.note:
        out.print(result.study.note, style="yellow", **plain)
    for text in result.answers:
        out.print(text.in_(language), **plain)
    notices = result.all_notices
    for notice in [notice for notice in notices if notice.code in _GRAVE][:_MOST_GRAVE]:
        out.print(f"! {notice.in_(language)}", style="yellow", **plain)
    out.print()
    out.print(closing_table(result), markup=False)
    if notices:
        count = len(notices)
        said = Text(f"{count} notice{'s' if count > 1 else ''}", f"{count} 条提示")
        where = Text(", in notices.csv", "，见 notices.csv")
        if not (folder / "notices.csv").is_file():
            where = Text(
                '; walkshed check lists those of the inputs, write = ["tables"] all',
                "；用 walkshed check 查看，或在 write 中加上 tables",
            )
        out.print(said.in_(language) + where.in_(language), style="dim", **plain)
    for title, sentences in closing_advice(result):
        out.print()
        out.print(title.in_(language), style="bold", **plain)
        for text in sentences:
            out.print(text.in_(language), **plain)
    _print_scenarios(result)
    _print_beside(folder, language)
    out.print()
    files = {folder / name: what for name, what in _FILES.items()}
    for path, what in (files | {result.study.folder / "repairs.gpkg": _REPAIRS}).items():
        if path.is_file():
            out.print(f"  {what.in_(language)}  {path}", **plain)


def _print_beside(folder: Path, language: Language) -> None:
    """Print which files another program held open, and under which names the new ones are."""
    from walkshed.deliver.folder import beside_said

    for text in beside_said(folder):
        _console().print(
            f"! {text.in_(language)}", style="yellow", markup=False, highlight=False, soft_wrap=True
        )


def _print_scenarios(result: StudyResult) -> None:
    """Print each scenario's answer for the first walker and standard, its cost, and what of it has no effect."""
    out, language = _console(), result.study.language
    for one in result.scenarios.values():
        out.print()
        out.print(one.name, style="bold", markup=False, highlight=False, soft_wrap=True)
        for text in dict.fromkeys(
            (one.said[0], one.said[-1]) if one.scenario.cost is not None else one.said[:1]
        ):
            out.print(text.in_(language), markup=False, highlight=False, soft_wrap=True)
        for notice in one.notices[:_MOST_GRAVE]:
            out.print(
                f"! {notice.in_(language)}", style="yellow", markup=False, highlight=False, soft_wrap=True
            )


@app.command()
def compare(
    before: Annotated[
        Path,
        typer.Argument(
            help="Output folder of the earlier run; with --scenario the study · 之前的结果文件夹；用 --scenario 时为研究"
        ),
    ],
    after: Annotated[
        Path | None, typer.Argument(help="Output folder of the later run · 之后的结果文件夹")
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            "--scenario",
            help="A scenario against the study as it is; twice: two of them · 情景与现状比较；写两次则比较两个情景",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Output folder · 输出文件夹", show_default="AFTER/compare")
    ] = None,
) -> None:
    """Tell what changed between two runs, or in a scenario: who gained, who lost. · 比较两次运行或情景"""
    names = scenario or []
    if (after is None) == (not names) or len(names) > 2:
        raise typer.BadParameter(
            "give two output folders, or one study with one or two --scenario "
            "· 请给出两个结果文件夹，或一个研究加一至两个 --scenario"
        )
    with _sentences():
        if after is not None:
            from walkshed.compare import compare_runs

            found = compare_runs(before, after)
        else:
            from walkshed.scenarios.folders import compare_scenarios

            found = compare_scenarios(before, names)
        folder = found.write(out)
    console, language = _console(), found.language
    for text in found.headlines:
        console.print(text.in_(language), markup=False, highlight=False, soft_wrap=True)
    for text in found.notices:
        console.print(f"· {text.in_(language)}", style="dim", markup=False, highlight=False, soft_wrap=True)
    _print_beside(folder, language)
    for name in ("compare.csv", "compare_summary.csv", "differences.csv"):
        console.print(f"  {folder / name}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def batch(
    studies: Annotated[
        list[Path],
        typer.Argument(
            help="Study files, folders, or a table with a column study · 研究文件、文件夹，或含“研究”列的表"
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder of the overview · 总览文件夹")] = Path("batch"),
    processes: Annotated[
        int | None,
        typer.Option(
            "--processes", min=1, help="How many run at once · 同时运行几个", show_default="number of cores"
        ),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Run also what is still up to date · 结果仍有效的也重新运行")
    ] = False,
    offline: Offline = False,
) -> None:
    """Run many studies at once, and write an overview of them. · 一次运行许多研究"""
    with _sentences(), _progress() as progress:
        from walkshed.batch import run_batch

        done = run_batch(
            studies, out=out, processes=processes, again=again, offline=offline, progress=progress
        )
    console, language = _console(), done.language
    plain = {"markup": False, "highlight": False, "soft_wrap": True}
    console.print(done.headline.in_(language), style="bold", **plain)
    for one in done.failed:
        console.print(f"✗ {one.study}", style="red", **plain)
        for message in one.messages:
            console.print(f"    {message}", **plain)
    _print_beside(done.folder, language)
    for name in ("index.html", "batch.csv"):
        console.print(f"  {done.folder / name}", **plain)
    if done.failed:
        raise typer.Exit(1)


_GRAVE = frozenset({
    "estates.none_located",
    "places.outside_streets",
    "standards.no_such_venue",
    "streets.cache_damaged",
    "streets.cache_not_written",
    "venues.none_open",
})  # fmt: skip
"""Notices that change what the headline means, or that the next run is slower for: shown at once."""
_MOST_GRAVE = 6

_FILES = {
    "map.html": Text("map      ", "地图  "),
    "report.xlsx": Text("workbook ", "工作簿"),
    "report.docx": Text("report   ", "报告  "),
    "prints/coverage.pdf": Text("prints   ", "打印图"),
    "coverage.gpkg": Text("layers   ", "图层  "),
    "coverage.csv": Text("tables   ", "表格  "),
    "allocation.csv": Text("places   ", "容量  "),
    "gates.csv": Text("gates    ", "大门  "),
    "proposals.csv": Text("proposal ", "选址  "),
    "scenarios.csv": Text("scenarios", "情景  "),
}
_REPAIRS = Text("repairs  ", "待修路")


def _print_notices(notices: list[Finding], language: Language, *, most: int) -> None:
    err = _console()
    for notice in notices[:most]:
        err.print(f"· {notice.in_(language)}", markup=False, highlight=False, soft_wrap=True)
    if len(notices) > most:
        err.print(Text(f"… and {len(notices) - most} more", f"……另有 {len(notices) - most} 条").in_(language))


def _console(*, stderr: bool = False) -> Any:
    from rich.console import Console

    return Console(stderr=stderr)


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show a progress bar on stderr, where there is a person to see it."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = _console(stderr=True)
    if not console.is_terminal:
        from walkshed.progress import silent

        yield silent
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def tell(stage: Text, share: float | None = None, /) -> None:
            total = 1.0 if share is not None else None
            bar.update(task, description=f"{stage.zh} · {stage.en}", total=total, completed=share or 0.0)

        yield tell


@contextmanager
def _sentences() -> Iterator[None]:
    """End with sentences and exit code 1 where inputs or outputs have faults."""
    try:
        yield
    except InputError as error:
        zh = error.language == "zh"
        lines = [fault.in_(error.language) for fault in error.faults]
        count = len(lines)
        head = f"输入有 {count} 处错误：" if zh else f"{count} fault{'s' if count > 1 else ''} in the inputs:"
        _fail([head, *(f"  {number}. {line}" for number, line in enumerate(lines, start=1))])
    except (OutputError, KernelError) as error:
        _fail([str(error)])
    except KeyboardInterrupt:
        _fail(["stopped; the previous results are untouched · 已中断，原有结果未改动"], code=130)
    except MemoryError:
        _fail(["there is not enough memory for these inputs · 内存不足"])


def _fail(lines: list[str], *, code: int = 1) -> NoReturn:
    for line in lines:
        print(line, file=sys.stderr)  # noqa: T201 - the command prints
    raise typer.Exit(code)
