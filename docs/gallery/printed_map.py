"""One of the printed sheets, A3, that `write = [..., "print"]` makes; here with few dots an inch."""

from __future__ import annotations

import sys
from pathlib import Path

from begin import result
from walkshed.deliver.print_map import data_after, print_notices, sheet, source_line
from walkshed.deliver.print_style import chinese_font, save

if not chinese_font():  # the notice says which font to install
    sys.exit(print_notices(result)[0].text.en)
figure = sheet(data_after(result), theme="proposals", source=source_line(result))
save(figure, Path("printed_map.png"), dpi=80)
