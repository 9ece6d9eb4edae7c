//! Plans of random problems, looked over by a checker that shares nothing with the search.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::problem::leg;
use super::*;

/// Everything that is wrong with a plan.
fn violations(problem: &Problem, plan: &Plan) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut seen: BTreeSet<usize> = problem.fixed.iter().flat_map(|visit| visit.pupils.iter().copied()).collect();
    let mut days: BTreeMap<(Day, usize), Vec<&Stop>> = BTreeMap::new();
    for stop in &plan.stops {
        let here = format!("day {} crew {} site {}", stop.day, stop.crew, stop.site);
        if !(0..problem.days).contains(&stop.day) {
            wrong.push(format!("{here}: outside the plan"));
            continue;
        }
        let day = usize::try_from(stop.day).unwrap();
        if !problem.sites[stop.site].open[day] {
            wrong.push(format!("{here}: closed"));
        }
        if problem.crews[stop.crew].devices[day] == 0 {
            wrong.push(format!("{here}: no devices"));
        }
        if stop.pupils.is_empty() {
            wrong.push(format!("{here}: nobody"));
        }
        for &pupil in &stop.pupils {
            let one = problem.pupils[pupil];
            if one.site != stop.site || stop.day < one.from || stop.day > one.until || !seen.insert(pupil) {
                wrong.push(format!("{here}: pupil {pupil} cannot be there"));
            }
        }
        days.entry((stop.day, stop.crew)).or_default().push(stop);
    }
    for ((day, crew), mut stops) in days {
        stops.sort_by_key(|stop| stop.order);
        let mut sites: Vec<usize> = stops.iter().map(|stop| stop.site).collect();
        if stops.iter().map(|stop| stop.order).ne(1..=stops.len()) {
            wrong.push(format!("day {day} crew {crew}: the order has gaps"));
        }
        let fixed: Vec<&Fixed> = problem.fixed.iter().filter(|v| (v.day, v.crew) == (day, crew)).collect();
        let last = fixed.iter().max_by(|a, b| a.ends.total_cmp(&b.ends));
        let base = problem.crews[crew].base;
        let mut at = last.map_or(base, |visit| problem.sites[visit.site].at);
        let mut minutes = last.map_or(0.0, |visit| visit.ends);
        for site in &sites {
            minutes += f64::from(leg(&problem.params, at, problem.sites[*site].at)) + problem.params.setup_minutes;
            at = problem.sites[*site].at;
        }
        minutes += f64::from(leg(&problem.params, at, base));
        let pupils: usize = stops.iter().map(|stop| stop.pupils.len()).sum();
        let devices = problem.crews[crew].devices[usize::try_from(day).unwrap()];
        minutes += pupils as f64 * problem.params.minutes_per_student / f64::from(devices.max(1));
        if minutes > problem.day_minutes[usize::try_from(day).unwrap()] + 1e-6 {
            wrong.push(format!("day {day} crew {crew}: {minutes} minutes"));
        }
        // Two settled visits of one team to one site are given; what the planner adds must repeat neither.
        sites.extend(fixed.iter().map(|visit| visit.site).collect::<BTreeSet<_>>());
        if sites.iter().collect::<BTreeSet<_>>().len() < sites.len() {
            wrong.push(format!("day {day} crew {crew}: twice at one site"));
        }
    }
    wrong
}

fn point() -> impl Strategy<Value = Point> {
    (-8.9..-8.3, 115.9..116.6).prop_map(|(latitude, longitude)| Point { latitude, longitude })
}

fn random_problem() -> impl Strategy<Value = Problem> {
    let days = 1usize..50;
    days.prop_flat_map(|days| {
        let site = (point(), prop::collection::vec(prop::bool::weighted(0.7), days));
        let crew = (point(), prop::collection::vec(0u32..4, days));
        let pupil = (0usize..100, -300i32..80, prop::option::of(-10i32..90), -40i32..400);
        let fixed = (0usize..100, 0usize..100, 0..i32::try_from(days).unwrap(), 1u32..300);
        (
            Just(days),
            prop::collection::vec(site, 1..6),
            prop::collection::vec(crew, 0..4),
            prop::collection::vec(pupil, 0..300),
            prop::collection::vec(fixed, 0..4),
            (60.0..400.0f64, 0.0..60.0f64, 1.0..20.0f64),
            prop::option::of((0..400i32, 0..40i32)),
        )
    })
    .prop_map(
        |(days, sites, crews, pupils, fixed, (day_minutes, setup_minutes, minutes_per_student), rolling)| {
            let pupils: Vec<Pupil> = pupils
                .into_iter()
                .map(|(site, from, until, birthday)| Pupil {
                    site: site % sites.len(),
                    from,
                    until: until.unwrap_or(Day::MAX),
                    birthday,
                })
                .collect();
            let fixed = fixed.into_iter().enumerate().filter(|_| !crews.is_empty());
            let fixed = fixed
                .map(|(index, (crew, site, day, ends))| Fixed {
                    crew: crew % crews.len(),
                    day,
                    site: site % sites.len(),
                    pupils: (0..pupils.len()).filter(|pupil| pupil % 20 == index).collect(),
                    ends: ends.into(),
                })
                .collect();
            Problem {
                start: "2026-11-23".parse().unwrap(),
                days: i32::try_from(days).unwrap(),
                rolling: rolling.map(|(due_days, margin)| Rolling { due_days, margin }),
                day_minutes: (0..days).map(|day| if day % 5 == 4 { day_minutes / 2.0 } else { day_minutes }).collect(),
                params: Params { setup_minutes, minutes_per_student, speed_kmh: 30.0, detour: 1.3 },
                sites: sites.into_iter().map(|(at, open)| Site { at, open }).collect(),
                crews: crews.into_iter().map(|(base, devices)| Crew { base, devices }).collect(),
                fixed,
                pupils,
                proposed: vec![],
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn every_plan_is_feasible_and_the_same_again(problem in random_problem()) {
        let solution = solve(&problem, None, &|_, _| false);
        prop_assert_eq!(violations(&problem, &solution.plan), Vec::<String>::new());
        prop_assert_eq!(&solution, &solve(&problem, None, &|_, _| false));
        prop_assert!(!solution.cut_off);
    }

    #[test]
    fn everybody_is_either_met_or_has_a_reason(problem in random_problem()) {
        let plan = solve(&problem, Some(50), &|_, _| false).plan;
        let met: usize = plan.stops.iter().map(|stop| stop.pupils.len()).sum();
        let fixed: BTreeSet<usize> = problem.fixed.iter().flat_map(|visit| visit.pupils.iter().copied()).collect();
        let reasons = unplaced(&problem, &plan);
        prop_assert_eq!(met + fixed.len() + reasons.len(), problem.pupils.len());
        prop_assert!(totals(&problem, &plan).on_time >= totals(&problem, &plan).due - score(&problem, &plan).missed);
        for (pupil, reason) in reasons {
            if reason == Reason::NoCapacityBefore17 {
                prop_assert_eq!(problem.need(pupil), Need::Due);
            }
        }
    }
}

/// One site and one crew with two devices, a quarter of an hour apart, open and out every day.
fn simple(days: usize, pupils: Vec<Pupil>) -> Problem {
    let base = Point { latitude: -8.58, longitude: 116.11 };
    Problem {
        start: "2026-11-23".parse().unwrap(),
        days: i32::try_from(days).unwrap(),
        rolling: None,
        day_minutes: vec![360.0; days],
        params: Params { setup_minutes: 45.0, minutes_per_student: 5.0, speed_kmh: 30.0, detour: 1.3 },
        sites: vec![Site { at: Point { latitude: -8.62, longitude: 116.11 }, open: vec![true; days] }],
        crews: vec![Crew { base, devices: vec![2; days] }],
        fixed: vec![],
        pupils,
        proposed: vec![],
    }
}

fn pupil(from: Day, until: Day, birthday: Day) -> Pupil {
    Pupil { site: 0, from, until, birthday }
}

#[test]
fn whoever_turns_17_first_is_met_first_and_the_stop_is_filled() {
    // 360 − 24 − 45 minutes are 58 pairs: 116 pupils a day.
    let mut pupils = vec![pupil(-300, Day::MAX, 30); 150];
    pupils.extend([pupil(-300, Day::MAX, 1), pupil(-10, Day::MAX, 500), pupil(60, Day::MAX, 400)]);
    let problem = simple(50, pupils);
    let plan = solve(&problem, None, &|_, _| false).plan;
    assert_eq!(score(&problem, &plan).missed, 0);
    assert_eq!(plan.stops.len(), 2);
    assert_eq!(plan.stops[0].day, 0);
    assert!(plan.stops[0].pupils.contains(&150), "on the 17th birthday itself it is late");
    assert!(plan.stops.iter().any(|stop| stop.pupils.contains(&151)), "who can wait fills the room that is left");
    assert_eq!(unplaced(&problem, &plan), [(152, Reason::OutsideTheHorizon)]);
}

#[test]
fn every_reason_has_its_case() {
    let mut problem = simple(
        10,
        vec![
            pupil(-9, -1, 100),      // the last school day is over
            pupil(-9, 1, 100),       // closed on the days before the last school day
            pupil(-9, Day::MAX, 2),  // closed until the birthday, met late
            pupil(-9, Day::MAX, -5), // 17 already
        ],
    );
    problem.sites[0].open[..4].fill(false);
    let plan = solve(&problem, None, &|_, _| false).plan;
    assert_eq!(unplaced(&problem, &plan), [(0, Reason::AfterLastSchoolDay), (1, Reason::PlaceClosed)]);
    assert_eq!(totals(&problem, &plan), Totals { due: 2, on_time: 0, late: 2, team_days: 1, stops: 1, travel: 24 });
    problem.crews[0].devices.fill(0);
    assert!(unplaced(&problem, &Plan::default()).contains(&(3, Reason::NoTeamDay)));
    problem.crews[0].devices.fill(1);
    problem.day_minutes.fill(60.0);
    let reasons = unplaced(&problem, &Plan::default());
    assert!(reasons.contains(&(3, Reason::Unreachable)));
}

#[test]
fn a_settled_visit_keeps_its_time_and_its_students() {
    let mut problem = simple(1, vec![pupil(-9, Day::MAX, 5); 120]);
    problem.sites.push(problem.sites[0].clone());
    problem.pupils.extend(vec![Pupil { site: 1, ..pupil(-9, Day::MAX, 5) }; 120]);
    problem.days = 6;
    problem.day_minutes = vec![360.0; 6];
    problem.crews[0].devices = vec![2, 0, 0, 0, 0, 0];
    problem.fixed = vec![Fixed { crew: 0, day: 0, site: 0, pupils: (0..60).collect(), ends: 207.0 }];
    for site in &mut problem.sites {
        site.open = vec![true; 6];
    }
    let plan = solve(&problem, None, &|_, _| false).plan;
    // 360 − 207 − 12 (home) − 45 leave 96 minutes: 38 pupils.
    assert_eq!(plan.stops.len(), 1);
    assert_eq!((plan.stops[0].site, plan.stops[0].pupils.len()), (1, 38));
    assert_eq!(violations(&problem, &plan), Vec::<String>::new());
}

#[test]
fn a_search_that_is_stopped_says_so_and_still_has_a_plan() {
    let problem = simple(5, vec![pupil(-9, Day::MAX, 3); 20]);
    let solution = solve(&problem, None, &|_, _| true);
    assert!(solution.cut_off);
    assert_eq!(violations(&problem, &solution.plan), Vec::<String>::new());
    assert_eq!(solution.score.missed, 0);
}

#[test]
fn a_rolling_plan_waits_until_many_can_be_met_at_once_but_not_until_the_last_day() {
    let mut pupils = vec![pupil(-100, Day::MAX, 265), pupil(-50, Day::MAX, 315)];
    pupils.extend((1..100).map(|day| pupil(day, Day::MAX, day + 365)));
    let mut problem = simple(365, pupils);
    problem.rolling = Some(Rolling { due_days: 365, margin: 30 });
    let plan = solve(&problem, None, &|_, _| false).plan;
    assert_eq!(plan.stops.len(), 1, "nobody drives out for one pupil today and for the next tomorrow");
    assert_eq!(plan.stops[0].day, 264 - 30);
    assert_eq!(plan.stops[0].pupils.len(), 101);
    // Whoever is 17 already, or will be before a card can be made, is met at once.
    problem.pupils.push(pupil(-300, Day::MAX, -10));
    assert_eq!(solve(&problem, None, &|_, _| false).plan.stops[0].day, 0);
    problem.pupils.pop();
    problem.pupils.push(pupil(-300, Day::MAX, 20));
    assert_eq!(solve(&problem, None, &|_, _| false).plan.stops[0].day, 0);
    problem.pupils.pop();
    // Whoever turns 17 shortly after the last day that can be planned is not left to chance.
    problem.days = 200;
    let plan = solve(&problem, None, &|_, _| false).plan;
    assert_eq!((plan.stops.len(), score(&problem, &plan).missed), (1, 0));
}

/// A season of 30 sites around one base, with pupils who turn 17 all over it.
fn season() -> Problem {
    let mut dice = super::dice::Dice::new(7);
    let mut problem = simple(180, vec![]);
    problem.sites = (0..30)
        .map(|_| {
            let at = Point { latitude: -8.7 + dice.share() * 0.3, longitude: 116.0 + dice.share() * 0.3 };
            Site { at, open: (0..180).map(|day| day % 7 < 5 && !(60..75).contains(&day)).collect() }
        })
        .collect();
    problem.crews = vec![problem.crews[0].clone(); 2];
    for crew in &mut problem.crews {
        crew.devices = (0..180).map(|day| if day % 7 < 4 { 2 } else { 0 }).collect();
    }
    problem.pupils = (0..900)
        .map(|_| {
            let birthday = i32::try_from(dice.below(400)).unwrap() + 1;
            Pupil { site: dice.below(30), from: birthday - 365, until: Day::MAX, birthday }
        })
        .collect();
    problem
}

/// Who is where on which day.
fn stays(plan: &Plan) -> Vec<(Day, usize, usize)> {
    plan.stops.iter().map(|stop| (stop.day, stop.crew, stop.site)).collect()
}

#[test]
fn a_new_pupil_changes_little_of_a_plan() {
    let mut problem = season();
    let before = solve(&problem, None, &|_, _| false);
    let kept = |after: &Plan| {
        let proposed = stays(&before.plan);
        let after = stays(after);
        proposed.iter().filter(|stay| after.contains(stay)).count()
    };
    let stops = before.plan.stops.len();
    problem.proposed = before.plan.stops.clone();
    let again = solve(&problem, None, &|_, _| false);
    assert_eq!(again.plan, before.plan, "nothing is new, so nothing changes");
    assert_eq!(kept(&again.plan), stops);
    problem.pupils.push(Pupil { site: 3, from: -100, until: Day::MAX, birthday: 120 });
    problem.pupils.push(Pupil { site: 17, from: -100, until: Day::MAX, birthday: 90 });
    let after = solve(&problem, None, &|_, _| false);
    assert_eq!(after.score.needs(), (0, 0));
    let afresh = solve(&Problem { proposed: vec![], ..problem.clone() }, None, &|_, _| false);
    assert!(kept(&after.plan) * 4 >= stops * 3, "{} of {stops} stay", kept(&after.plan));
    assert!(kept(&afresh.plan) * 2 < stops, "a plan made afresh is another one");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_board_knows_what_it_costs_and_steps_back_exactly(problem in random_problem(), seed in 0u64..1000) {
        use super::board::Board;
        use super::dice::Dice;
        use super::ground::{Ground, Share};
        use super::moves::Mover;
        let needs: Vec<Need> = (0..problem.pupils.len()).map(|pupil| problem.need(pupil)).collect();
        let ground = Ground::new(&problem, &needs, &Share::whole(&problem));
        let mut board = Board::new(&ground);
        let mut mover = Mover::new(&board, seed);
        mover.rebuild(&mut board);
        let mut dice = Dice::new(seed);
        for _ in 0..60 {
            let before = (board.plan(), board.cost);
            board.begin();
            mover.step(&mut board);
            let mut anew = Board::new(&ground);
            anew.lay(&board.plan().stops);
            prop_assert_eq!(anew.cost, board.cost, "the cost kept up step by step is that of the plan laid out at once");
            prop_assert_eq!(violations(&problem, &board.plan()), Vec::<String>::new());
            if dice.one_in(2) {
                board.undo();
                mover.renew(&board);
                prop_assert_eq!(&(board.plan(), board.cost), &before);
            }
        }
    }
}

#[test]
fn a_large_problem_is_planned_in_shares_and_feasible() {
    // Two bases far apart, more sites than are planned in one piece, and one settled visit.
    let mut problem = season();
    let mut dice = super::dice::Dice::new(3);
    let small = problem.sites.clone();
    for site in 0..140 {
        let mut one = small[site % small.len()].clone();
        one.at.latitude += if site % 2 == 0 { 0.0 } else { 0.9 };
        one.at.longitude += dice.share() * 0.1;
        problem.sites.push(one);
    }
    problem.crews[1].base.latitude += 0.9;
    for pupil in 0..problem.pupils.len() {
        problem.pupils[pupil].site = dice.below(problem.sites.len());
    }
    let held: Vec<usize> = (0..problem.pupils.len()).filter(|pupil| problem.pupils[*pupil].site == 5).collect();
    problem.fixed = vec![Fixed { crew: 0, day: 2, site: 5, pupils: held, ends: 100.0 }];
    let solution = solve(&problem, Some(6_000), &|_, _| false);
    assert_eq!(violations(&problem, &solution.plan), Vec::<String>::new());
    assert_eq!(solution, solve(&problem, Some(6_000), &|_, _| false), "on whatever threads");
    let stops = solution.plan.stops.len();
    problem.proposed = solution.plan.stops.clone();
    let again = solve(&problem, Some(6_000), &|_, _| false);
    let kept = stays(&again.plan).iter().filter(|stay| stays(&solution.plan).contains(stay)).count();
    assert!(again.score.needs() <= solution.score.needs() && kept * 10 >= stops * 9, "{kept} of {stops} stay");
    let missed: Vec<Reason> = unplaced(&problem, &solution.plan).into_iter().map(|(_, reason)| reason).collect();
    assert!(
        solution.score.never == 0
            || missed.contains(&Reason::NoCapacityBefore17)
            || missed.contains(&Reason::Unreachable)
    );
}

#[test]
fn what_would_help_most_is_one_more_device_where_pupils_are_missed() {
    // 150 pupils turn 17 in the second week, and one crew with one device has four days: 58 a day at most.
    let mut pupils = vec![pupil(-300, Day::MAX, 8); 400];
    pupils.push(pupil(-300, Day::MAX, 200));
    let mut problem = simple(60, pupils);
    problem.crews[0].devices = (0..60).map(|day| u32::from(day % 7 < 4)).collect();
    let plan = solve(&problem, None, &|_, _| false).plan;
    let missed = score(&problem, &plan).missed;
    assert!(missed > 50, "{missed}");
    let found = help(&problem, &plan).expect("a device helps");
    assert_eq!((found.crew, found.from), (0, 0));
    for day in 0..=found.to {
        problem.crews[0].devices[usize::try_from(day).unwrap()] *= 2;
    }
    let helped = score(&problem, &solve(&problem, None, &|_, _| false).plan).missed;
    assert_eq!(missed - helped, found.on_time, "what is promised holds");
    assert_eq!(help(&problem, &Plan::default()).map(|help| help.from), Some(0));
    problem.pupils.truncate(20);
    assert_eq!(help(&problem, &solve(&problem, None, &|_, _| false).plan), None, "nobody is missed");
}
