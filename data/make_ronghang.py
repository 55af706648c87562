"""Make the sample study: a schematic 荣巷街道 with streets, estates, venues, gates and study.toml.

Run ``python data/make_ronghang.py [--out DIR]``. Same script, same sample: nothing is drawn by chance
that is not seeded. All places are invented (示意数据); see data/README.md.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

from ronghang_account import SPEED_MPS, read_streets, walks, without_insides
from ronghang_city import draw_city
from ronghang_draft import Draft
from ronghang_estates import Estate, draw_estate, make_estates
from ronghang_plan import make_plan
from ronghang_rooms import make_rooms, write_rooms
from ronghang_streets import mark_crossings, plant_faults
from ronghang_tables import write_tables
from ronghang_venues import BIG, Venue, draw_names, draw_venues, make_venues, second_entrance

HERE = Path(__file__).resolve().parent


def make(out: Path) -> tuple[list[Estate], list[Venue]]:
    """Write the whole study into ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    plan = make_plan()
    estates = make_estates(plan)
    tag_gates(estates)
    venues = make_venues(estates)
    draft = Draft()
    draw_city(draft, plan)
    rng = random.Random(5)
    for estate in sorted(estates, key=lambda e: e.key):
        draw_estate(draft, estate, rng)
    draw_venues(draft, venues)
    draw_names(draft)
    draft.weave()
    mark_crossings(draft)
    plant_faults(draft)
    draft.write(out / "streets.osm.pbf")
    rows = [*venues]
    rows.insert(
        next(k for k, v in enumerate(rows) if v.name.startswith("荣巷社区")) + 1,
        second_entrance(venues, estates),
    )
    write_tables(out, estates, rows)
    write_rooms(out / "rooms.xlsx", make_rooms(estates))
    return estates, venues


def tag_gates(estates: list[Estate]) -> None:
    """Give about one gate in sixteen a tag, as in OpenStreetMap, and lock one."""
    gates = [g for e in estates if e.walled and e.name not in ("桃源人家", "山语银城") for g in e.gates]
    tags = (
        {"access": "private"},
        {"locked": "yes"},
        {"access": "residents"},
        {"foot": "yes"},
        {"access": "private"},
        {"access": "no"},
        {"access": "permissive"},
        {"access": "private"},
    )
    step = len(gates) // len(tags)
    for k, tag in enumerate(tags):
        gates[k * step + 5].tags.update(tag)


def account(out: Path, estates: list[Estate], venues: list[Venue]) -> None:
    """Print what was made, and what a plain Dijkstra says about it."""
    graph = read_streets(out / "streets.osm.pbf")
    homes = {e.ident: e.point for e in estates}
    doors = {v.ident: v.place for v in venues if v.status == "开放"}
    found = walks(graph, homes, doors)
    households = sum(e.households for e in estates)
    rooms = [v for v in venues if v.tier == "片区" and v.status == "开放"]
    print(f"estates {len(estates)}, households {households}, residents {sum(e.residents for e in estates)},")
    print(f"  60+ {sum(e.aged for e in estates) / sum(e.residents for e in estates):.1%}")
    print(f"communities {len({e.community for e in estates})}, areas {len({e.area for e in estates})}")
    print(f"open area venues {len(rooms)}, floor area {sum(v.floor_m2 for v in rooms)} m2")
    print(f"gates {sum(len(e.gates) for e in estates if e.walled)}")
    for minutes in (5, 10, 15):
        reach = minutes * 60 * SPEED_MPS
        near = sum(e.households for e in estates if min(found[e.ident].values(), default=1e9) <= reach)
        print(f"  within {minutes} min: {near / households:.1%} of households")
    print("  no way to any venue:", [e.name for e in estates if not found[e.ident]])
    home = next(e for e in estates if e.name == "桃源人家")
    big = next(v.ident for v in venues if v.name == BIG)
    others = min(d for v, d in found[home.ident].items() if v != big)
    walls = [e.ring for e in estates if e.walled and e is not home]
    walled = walks(without_insides(graph, walls), {home.ident: home.point}, doors)[home.ident]
    for label, to_big, elsewhere in (
        ("gates left aside", found[home.ident][big], others),
        ("nobody cuts through", walled[big], min(d for v, d in walled.items() if v != big)),
    ):
        print(f"桃源人家 to {BIG} ({label}): {to_big:.0f} m, {to_big / SPEED_MPS / 60:.1f} min;")
        print(f"  without it: {elsewhere:.0f} m, {elsewhere / SPEED_MPS / 60:.1f} min")
    for file in sorted(out.iterdir()):
        if file.is_file():
            print(f"  {file.name}: {file.stat().st_size / 1000:.0f} kB")


def main() -> None:
    """Make the sample where the command says."""
    parser = argparse.ArgumentParser(description="make the schematic sample study")
    parser.add_argument("--out", type=Path, default=HERE / "ronghang", help="folder to write into")
    out = parser.parse_args().out
    account(out, *make(out))


if __name__ == "__main__":
    main()
