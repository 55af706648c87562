"""What opening a gate does: the walk of three estates as it is, and with their own gate open."""

from __future__ import annotations

from shapely import LineString

from begin import METRES, VENUE, gpd, keep, points, result, sheet
from walkshed.walking.walk_lines import walk_lines

opened = result.scenarios["三处小区大门打开"]
gained = opened.table.query("change == 'gained' and profile == 'adult' and standard == '5 min'")
gates = opened.result.gate_table.to_crs(METRES)


def walk(run, estate):
    """Return the line of an estate's walk to its nearest venue."""
    lines = walk_lines(run.access, eligible=(run.venues["status"] == "open").to_numpy())
    number = list(run.access.estate_ids[lines.estate]).index(estate)
    part = slice(*lines.ptr[number : number + 2])
    way = LineString(list(zip(lines.lon[part], lines.lat[part], strict=True)))
    return gpd.GeoSeries([way], crs="EPSG:4326").to_crs(METRES)


figure, panels = sheet(len(gained), width=10.5, height=4.2)
for axes, (_, row) in zip(panels, gained.iterrows(), strict=True):
    ways = walk(result, row["estate_id"]), walk(opened.result, row["estate_id"])
    for way, style in zip(ways, ("--", "-"), strict=True):
        way.plot(ax=axes, color=VENUE, linewidth=2, linestyle=style, zorder=5)
    shape = result.estates_with_areas.loc[[row["estate_id"]]].to_crs(METRES)
    shape.plot(ax=axes, color="#fbe9c6", edgecolor="#7a5c3e", linewidth=1.6, zorder=2)
    gates[gates["estate_id"] == row["estate_id"]].plot(
        ax=axes, marker="D", color="white", edgecolor="#7a5c3e", zorder=6
    )
    points(axes, result.venues[result.venues["status"] == "open"])
    west, south, east, north = ways[0].union(shape.geometry.iloc[0]).buffer(80).total_bounds
    axes.set(xlim=(west, east), ylim=(south, north))
    axes.set_title(f"{row['name']}: {row['walk_min_before']:.1f} → {row['walk_min_after']:.1f} min")
keep(figure, "gates_opened.png")
