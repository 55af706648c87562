"""A plan in sentences: what is proposed, what it gains, how good it is, in what order, and what the runner-up was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Text
from walkshed.siting.objectives import Lscp, Mclp, PCenter, PMedian
from walkshed.siting.plan_rows import opening_years, source_of

if TYPE_CHECKING:
    from walkshed.siting.plan import Plan

MEASURES = {
    "households": Text("households", "户"),
    "residents": Text("residents", "人"),
    "aged_60_plus": Text("residents aged 60 and over", "位 60 岁以上居民"),
    "estates": Text("estates", "个小区"),
}
"""What is counted, as it stands behind a number."""

_SHOWN = 5


def plan_sentences(plan: Plan) -> tuple[Text, ...]:
    """Return the answer in sentences, the most important first.

    Every number in them is one of the tables'.
    """
    if not plan.found:
        return _no_plan(plan)
    if not len(plan.proposal.chosen):
        return (_nothing(plan),)
    said = [_proposed(plan), _gained(plan), *_walked(plan), _proof(plan), *_price(plan), *_order(plan)]
    return (*said, *_alternatives(plan), *_falls(plan), *_knee(plan), *_again(plan), *plan.proposal.notes)


def site_name(plan: Plan, site: int) -> Text:
    """Return what a site is called: its name; where it has none, its id and the estate it is nearest to on foot."""
    problem = plan.proposal.problem
    sites, here = problem.sites, slice(problem.indptr[site], problem.indptr[site + 1])
    if sites.name[site] or not len(problem.rows[here]):
        name = str(sites.name[site] or sites.ids[site])
        return Text(name, name)
    near = problem.rows[here][int(np.argmin(problem.cost[here]))]
    estate = str(problem.demand.name[near] or problem.demand.ids[near])
    return Text(f"{sites.ids[site]} (near {estate})", f"{sites.ids[site]}（近{estate}）")


def measure_unit(plan: Plan) -> Text:
    """Return what is counted, as it stands behind a number."""
    return MEASURES.get(plan.measure, Text(plan.measure, plan.measure))


def _number(value: float) -> str:
    """Return a number as people write it: whole where it is whole, two digits else."""
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 10_000 else f"{value:,.2f}"


def lost_words(plan: Plan, value: float) -> Text:
    """Return a difference in the objective's own unit."""
    unit, walk = measure_unit(plan), _walk_unit(plan)
    shown = _number(value)
    objective = plan.proposal.objective
    if isinstance(objective, Mclp):
        return Text(f"{shown} {unit.en}", f"{shown} {unit.zh}")
    if isinstance(objective, Lscp):
        return Text(f"{shown} {'site' if value == 1 else 'sites'}", f"{shown} 处")
    if isinstance(objective, PMedian):
        return Text(f"{shown} {unit.en} × {walk.en}", f"{shown} {unit.zh}·{walk.zh}")
    return Text(f"{shown} {walk.en}", f"{shown} {walk.zh}")


def _walk_unit(plan: Plan) -> Text:
    return Text("m", "米") if plan.standard.metres is not None else Text("min", "分钟")


def _listed(plan: Plan, sites: list[int], *, years: bool = False) -> Text:
    opening = opening_years(plan) if years else {}
    shown = [
        site_name(plan, site).en + (f" ({opening[site]})" if site in opening else "")
        for site in sites[: _SHOWN * 4]
    ]
    zh = [
        site_name(plan, site).zh + (f"（{opening[site]} 年）" if site in opening else "")
        for site in sites[: _SHOWN * 4]
    ]
    more = len(sites) - len(shown)
    tail = Text(f" and {more} more", f"等 {len(sites)} 处") if more > 0 else Text("", "")
    return Text(", ".join(shown) + tail.en, "、".join(zh) + tail.zh)


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def _proposed(plan: Plan) -> Text:
    sites = list(plan.sequence)
    names = _listed(plan, sites, years=True)
    if len(sites) == 1:
        return Text(f"Open 1 more venue: {names.en}.", f"建议新增 1 处：{names.zh}。")
    return Text(
        f"Open {len(sites)} more venues, in this order: {names.en}.",
        f"建议新增 {len(sites)} 处，依次为：{names.zh}。",
    )


def _gained(plan: Plan) -> Text:
    before, after, total, unit = plan.before, plan.after, plan.total, measure_unit(plan)
    new = len(plan.gaining)
    standard, times = plan.standard, plan.siting.times
    of = Text("", "") if times == 1 else Text(f" of {times} venues", f"有 {times} 处场所，")
    return Text(
        f"They bring {_number(after - before)} more {unit.en} in {new} {'estate' if new == 1 else 'estates'} within "
        f"{standard.label('en')} on foot{of.en}: from {_share(before, total)} to {_share(after, total)} "
        f"({_number(before)} to {_number(after)} of {_number(total)}).",
        f"步行 {standard.label('zh')}内{of.zh}新覆盖 {_number(after - before)} {unit.zh}（{new} 个小区）："
        f"覆盖率由 {_share(before, total)} 升至 {_share(after, total)}"
        f"（{_number(before)} → {_number(after)}，共 {_number(total)} {unit.zh}）。",
    )


def _walked(plan: Plan) -> list[Text]:
    """Say what the objective itself comes to, where it is a walk."""
    value, unit, walk = plan.proposal.value, measure_unit(plan), _walk_unit(plan)
    if isinstance(plan.proposal.objective, PMedian) and plan.total:
        each = value / plan.total
        return [
            Text(
                f"The walk to the nearest venue then is {each:,.2f} {walk.en} on average over all {unit.en}.",
                f"到最近场所的平均步行为 {each:,.2f} {walk.zh}（按{unit.zh}加权）。",
            )
        ]
    if isinstance(plan.proposal.objective, PCenter):
        return [
            Text(
                f"The longest walk to the nearest venue then is {value:,.2f} {walk.en}.",
                f"到最近场所的最远步行为 {value:,.2f} {walk.zh}。",
            )
        ]
    return []


def _proof(plan: Plan) -> Text:
    proposal = plan.proposal
    free = int(np.isin(proposal.problem.sites.status, ("candidate", "fixed")).sum())
    if proposal.state == "optimal" or proposal.gap == 0:
        return Text(
            f"No other choice among the {free} candidates is better: this is proven.",
            f"在 {free} 个候选点中没有更好的选择（已证明最优）。",
        )
    best = lost_words(plan, proposal.bound)
    repeat = (
        Text("", "")
        if proposal.reproducible
        else Text(
            " A time limit or an interruption ended the search; another run may differ.",
            "计算因时间限制或中断而停止，重新运行结果可能不同。",
        )
    )
    return Text(
        f"No choice among the {free} candidates can do better than {best.en}; this plan is within {proposal.gap:.2%} of "
        f"that ({proposal.status.en}).{repeat.en}",
        f"{free} 个候选点的任何组合都不会优于 {best.zh}；本方案与之相差不超过 {proposal.gap:.2%}（{proposal.status.zh}）。{repeat.zh}",
    )


def _price(plan: Plan) -> list[Text]:
    cost = plan.cost
    gained = plan.after - plan.before
    yearly = float(plan.proposal.problem.sites.subsidy_per_year[plan.proposal.chosen].sum())
    if np.isnan(cost):
        return []
    unit, each = measure_unit(plan), (cost / gained if gained > 0 else float("nan"))
    en, zh = f"It costs {cost:,.0f} once", f"一次性费用 {cost:,.0f}"
    if not np.isnan(yearly):
        en, zh = f"{en} and {yearly:,.0f} a year", f"{zh}，每年 {yearly:,.0f}"
    if not np.isnan(each):
        en += f": {each:,.0f} once for each of the newly covered {unit.en}"
        zh += f"；按新覆盖每{unit.zh.removeprefix('个').removeprefix('位 ')}计一次性 {each:,.0f}"
    return [Text(f"{en}.", f"{zh}。")]


def _order(plan: Plan) -> list[Text]:
    order = plan.order
    if order is None or len(order.steps) < 2:
        return []
    counted = isinstance(order.objective, Mclp)
    n, unit, walk = len(order.steps), measure_unit(plan), _walk_unit(plan)
    what = (
        Text(f"{unit.en.removesuffix('s')}-years within the standard", f"{unit.zh}·年达标")
        if counted
        else Text(f"{walk.en}, summed over the years", f"{walk.zh}（各年合计）")
    )
    if isinstance(order.objective, PMedian):
        what = Text(f"{unit.en} × {what.en}", f"{unit.zh}·{what.zh}")
    best = (
        Text("the best order of these sites", "这些点位的最佳次序")
        if order.proven
        else Text("a good order of these sites", "这些点位的较好次序")
    )
    en = f"Opened {plan.siting.a_year} a year over {n} years, {best.en} comes to {_number(order.total)} {what.en}"
    zh = f"每年开放 {plan.siting.a_year} 处、共 {n} 年，{best.zh}累计 {_number(order.total)} {what.zh}"
    if not np.isnan(order.bound):
        if order.cost <= 1e-9 * abs(order.bound):
            en += "; no sequence of any sites does better"
            zh += "；任何次序都不会更好，分期没有损失"
        else:
            en += (
                f"; choosing anew each year could at most give {order.cost_share:.2%} more"
                if counted
                else (f"; choosing anew each year could at most save {order.cost_share:.2%}")
            )
            zh += f"；即使每年都重新选址，最多也只能再改善 {order.cost_share:.2%}（分期的代价上限）"
    said = [Text(f"{en}.", f"{zh}。")]
    if order.late:
        late = _listed(plan, list(order.late))
        said.append(
            Text(
                f"Not to be had in the year of their turn, opened when they can be: {late.en}.",
                f"轮到时尚不可用、待可用后开放：{late.zh}。",
            )
        )
    return said


def _alternatives(plan: Plan) -> list[Text]:
    share = plan.siting.near_share
    if plan.siting.alternatives == 0:
        return []
    n, unit = len(plan.near.plans), measure_unit(plan)
    covered = isinstance(plan.proposal.objective, Mclp)
    less = (
        Text(f"at most {share:.0%} fewer {unit.en} in all", f"覆盖总量最多少 {share:.0%}")
        if covered
        else Text(f"at most {share:.0%} worse", f"最多差 {share:.0%}")
    )
    if not n and not plan.near.all_found:
        said = [
            Text(
                f"No other plan within {share:.0%} was found; it is not proven that there is none.",
                f"未找到相差在 {share:.0%} 以内的其他方案，但未证明不存在。",
            )
        ]
        return said if plan.fallbacks else []  # stopped before that was asked
    if not n:
        of = Text(f" of all {unit.en} it covers", "覆盖总量的 ") if covered else Text(" of it", "")
        said = [
            Text(
                f"No other plan comes within {share:.0%}{of.en}.",
                f"没有其他方案与本方案相差在{of.zh}{share:.0%} 以内。",
            )
        ]
    elif plan.near.all_found:
        said = [Text(f"{n} other plan{'s' if n > 1 else ''}: {less.en}.", f"另有 {n} 个方案：{less.zh}。")]
    else:
        said = [Text(f"At least {n} other plans: {less.en}.", f"至少另有 {n} 个方案：{less.zh}。")]
    firm = [one.site for one in plan.fallbacks if one.essential]
    if firm and len(firm) < len(plan.fallbacks):
        names = _listed(plan, firm)
        said.append(Text(f"In all of these plans: {names.en}.", f"这些方案都包含：{names.zh}。"))
    return said


def _falls(plan: Plan) -> list[Text]:
    """Say what takes the place of each site, those that matter most first."""
    if not plan.fallbacks:
        return []
    order = {site: number for number, site in enumerate(plan.sequence)}
    said = []
    for one in sorted(plan.fallbacks, key=lambda one: order.get(one.site, 0))[:_SHOWN]:
        name = site_name(plan, one.site)
        if np.isnan(one.value):
            said.append(
                Text(
                    f"Without {name.en} no plan keeps to what is asked.",
                    f"若{name.zh}无法落实，则没有方案能满足全部要求。",
                )
            )
            continue
        lost = lost_words(plan, one.lost)
        new = [site for site in one.chosen.tolist() if site not in order]
        names = _listed(plan, new)
        if one.lost <= 1e-9:
            said.append(
                Text(
                    f"If {name.en} falls through, {names.en or 'nothing need be opened instead'}: as good.",
                    f"若{name.zh}无法落实，可改用{names.zh or '其余点位'}，效果相同。",
                )
            )
        elif new:
            said.append(
                Text(
                    f"If {name.en} falls through, the best is then {names.en}: {lost.en} worse.",
                    f"若{name.zh}无法落实，最好改用{names.zh}：损失 {lost.zh}。",
                )
            )
        else:
            said.append(
                Text(
                    f"If {name.en} falls through, nothing replaces it: {lost.en} worse.",
                    f"若{name.zh}无法落实，没有可替补的点位：损失 {lost.zh}。",
                )
            )
    return said


def _knee(plan: Plan) -> list[Text]:
    knee = None if plan.curve is None else plan.curve.knee
    if plan.curve is None or knee is None:
        return []
    last = plan.curve.points[-1].sites
    return [
        Text(
            f"Looked at from 0 to {last} new sites, the curve bends at {knee}: from there each further site brings markedly less.",
            f"从 0 到 {last} 处看，曲线在 {knee} 处出现拐点：此后每增加一处，新增效果明显减少。",
        )
    ]


def _again(plan: Plan) -> list[Text]:
    if plan.rewalked is None:
        return []
    gates = any(source_of(plan, site) == "gate" for site in plan.sequence)
    if not gates and round(plan.rewalked - plan.after, 6) == 0:
        return []
    unit = measure_unit(plan)
    return [
        Text(
            f"Walked again with all of it open, {_number(plan.rewalked)} {unit.en} are covered (the model counted {_number(plan.after)}).",
            f"按全部开放后重新计算步行，覆盖 {_number(plan.rewalked)} {unit.zh}（模型计为 {_number(plan.after)}）。",
        )
    ]


def _nothing(plan: Plan) -> Text:
    unit = measure_unit(plan)
    if plan.before >= plan.total:
        return Text(f"All {unit.en} are within the standard already.", "所有需求均已达标，无需新增。")
    return Text(
        f"Nothing is proposed: no candidate that may be opened adds anything ({_share(plan.before, plan.total)} of {unit.en} are within the standard).",
        f"没有建议：可选的候选点都不能增加覆盖（目前 {_share(plan.before, plan.total)} 达标）。",
    )


def _no_plan(plan: Plan) -> tuple[Text, ...]:
    proposal = plan.proposal
    said = [Text("No plan keeps to everything that is asked.", "没有方案能满足全部要求。")]
    if not np.isnan(proposal.attainable_share):
        said.append(
            Text(
                f"At most {proposal.attainable_share:.1%} can be covered.",
                f"最多只能覆盖 {proposal.attainable_share:.1%}。",
            )
        )
    if len(proposal.preventing):
        demand = proposal.problem.demand
        owner = demand.ids if plan.owner is None else plan.owner
        lacking = dict.fromkeys(owner[proposal.preventing].tolist())
        name_of = dict(zip(owner.tolist(), demand.name.tolist(), strict=True))
        names, n = [str(name_of[one] or one) for one in list(lacking)[: 2 * _SHOWN]], len(lacking)
        problem, rows = proposal.problem, proposal.preventing
        usable = np.flatnonzero(problem.sites.status != "forbidden")
        served = problem.covered(usable, times=plan.siting.times)[rows].any()
        why = Text("which no candidate serves", "没有候选点可以服务")
        if served:  # by some site, but not by what may be opened together
            why = Text(
                "which the best plan within what is asked leaves out", "在所提条件内的最好方案也覆盖不到"
            )
        more = f" and {n - len(names)} more" if n > len(names) else ""
        more_zh = f" 等 {n} 个" if n > len(names) else ""
        said.append(
            Text(
                f"What prevents it: {', '.join(names)}{more}, {why.en}.",
                f"原因：{'、'.join(names)}{more_zh}，{why.zh}。",
            )
        )
    return (*said, *proposal.notes)
