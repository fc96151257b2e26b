"""The readers of learning curves that are fuzzed: text, JSON, tables of papers, workbooks."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from target import Target

from dataworth.curves.read import load_curve

_SIZES = (100, 200, 400, 800)


def _curve(name: str) -> Callable[[bytes, Path], None]:
    def read(content: bytes, folder: Path) -> None:
        (folder / name).write_bytes(content)
        load_curve(folder / name).to_csv()

    return read


def _loss(size: int) -> str:
    return f"{3 * size**-0.4:.4f}"


def _tables() -> list[bytes]:
    rows = [f"{size},{seed},{_loss(size)}" for size in _SIZES for seed in range(2)]
    text = "samples,seed,loss\n" + "\n".join(rows)
    across = f"method,{','.join(map(str, _SIZES))}\na,{','.join(map(_loss, _SIZES))}\n"
    spread = "".join(f"{size // 100}k,{_loss(size)} ± 0.01,5\n" for size in _SIZES)
    shares = "".join(f"{size / 8}%,0.5,0.{size}\n" for size in _SIZES)
    return [
        text.encode(),
        text.replace(",", ";").replace(".", ",").encode(),
        text.encode("utf-16"),
        text.replace(",", "\t").replace("\n", "\r\n").encode("cp1252"),
        across.encode(),
        f"train size,accuracy,runs\n{spread}".encode(),
        f"share,val_f1,test_f1\n{shares}".encode(),
        f"sep=;\n# a note\n{text.replace(',', ';')}".encode(),
        ("samples  loss\n" + "".join(f"{size}  {_loss(size)}\n" for size in _SIZES)).encode(),
    ]


def _json() -> list[bytes]:
    rows = [{"samples": size, "loss": float(_loss(size))} for size in _SIZES]
    columns = {"samples": list(_SIZES), "loss": [row["loss"] for row in rows]}
    split = {"columns": ["samples", "loss"], "data": [list(row.values()) for row in rows]}
    runs = {f"{size}": {"metrics": {"loss": [0.5, 0.25]}, "note": None} for size in _SIZES}
    events = [[1.6e9 + size, size, float(_loss(size))] for size in _SIZES]
    found = [rows, columns, split, runs, events, {"curve": {"0": columns}}]
    lines = "\n".join(map(json.dumps, rows))
    return [*(json.dumps(each).encode() for each in found), lines.encode()]


def _markup() -> list[bytes]:
    body = "".join(f"| {size:,} | **{_loss(size)}** |\n" for size in _SIZES)
    latex = "".join(rf"{size} & ${_loss(size)} \pm 0.01$ \\" + "\n" for size in _SIZES)
    frame = "".join(f"│ {size} │ {_loss(size)} │\n" for size in _SIZES)
    return [
        f"A table.\n\n| samples | loss |\n|---:|---:|\n{body}".encode(),
        (
            "\\begin{tabular}{ll}\n\\toprule\n\\textbf{samples} & "
            f"\\multicolumn{{1}}{{c}}{{loss}} \\\\\n\\midrule\n{latex}\\bottomrule\n"
        ).encode(),
        f"┌──┬──┐\n│ samples │ loss │\n├──┼──┤\n{frame}└──┴──┘\n".encode(),
    ]


def _trackers() -> list[bytes]:
    loss = [(size, _loss(size)) for size in _SIZES]
    chart = "".join(f'"{size}","{v}","{v}","{v}","{size}","{v}"\n' for size, v in loss)
    names = '"Step","s1 - eval/loss","s1 - eval/loss__MIN","s1 - eval/loss__MAX","s1 - _step"'
    events = "".join(f"{1.6e9 + size},{size},{v}\n" for size, v in loss)
    runs = "".join(f"{size:04x},0,FINISHED,2026-01-01,{v},{size},0,me\n" for size, v in loss)
    table = "".join(f"sun-{size},finished,-,,31,{size},0,{v},0.99\n" for size, v in loss)
    keys = "".join(f"a,val_loss,{v},{size},1\na,val_accuracy,0.5,{size},1\n" for size, v in loss)
    found = [
        f'{names},"s2 - eval/loss"\n{chart}',
        f"Wall time,Step,Value\n{events}",
        "run_id,experiment_id,status,start_time,metrics.val_loss,params.n_samples,params.seed,"
        f"tags.mlflow.user\n{runs}",
        f"Name,State,Notes,Tags,Runtime,config.n_train,config.seed,val_acc,train_acc\n{table}",
        f"run_id,key,value,step,timestamp\n{keys}",
        "".join(f"1600000000{size:06} {v} {size}\n" for size, v in loss),
    ]
    return [each.encode() for each in found]


def _workbooks() -> list[bytes]:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rows = "".join(
        f'<row r="{number}"><c r="A{number}"><v>{size}</v></c>'
        f'<c r="B{number}"><v>{3 * size**-0.4}</v></c></row>'
        for number, size in enumerate(_SIZES, 2)
    )
    head = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>samples</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>loss</t></is></c></row>'
    )
    shared_head = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
    shared = f'<sst xmlns="{main}"><si><t>samples</t></si><si><r><t>loss</t></r></si></sst>'
    empty = f'<worksheet xmlns="{main}"><sheetData/></worksheet>'
    found = []
    for method, first, strings in (
        (zipfile.ZIP_STORED, head, ""),
        (zipfile.ZIP_DEFLATED, shared_head, shared),
    ):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            sheets = f'<workbook xmlns="{main}"><sheets><sheet/></sheets></workbook>'
            archive.writestr("xl/workbook.xml", sheets)
            if strings:
                archive.writestr("xl/sharedStrings.xml", strings)
                archive.writestr("xl/worksheets/sheet1.xml", empty)
            sheet = f'<worksheet xmlns="{main}"><sheetData>{first}{rows}</sheetData></worksheet>'
            archive.writestr("xl/worksheets/sheet2.xml", sheet)
        found.append(file.getvalue())
    return found


TARGETS: Mapping[str, Target] = {
    "curve": Target(_tables, _curve("curve.csv")),
    "json": Target(_json, _curve("curve.json")),
    "markup": Target(_markup, _curve("table.md")),
    "tracker": Target(_trackers, _curve("export.csv")),
    "workbook": Target(_workbooks, _curve("curve.xlsx")),
}
