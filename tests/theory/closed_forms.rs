//! The formulas reproduce published numbers to every printed digit, and agree with each other where they must.

use waitline::stats::theory::*;

/// The value is within one unit of the last printed digit: some numbers were truncated, not rounded.
fn check(what: &str, value: f64, printed: &str) {
    let decimals = printed.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let unit = 10f64.powi(-(decimals as i32));
    let printed_value: f64 = printed.parse().expect("the printed value is a number");
    let off = (value - printed_value).abs();
    assert!(off < unit, "{what}: {value}, printed {printed}");
}

fn check_all<const N: usize>(what: &str, values: [f64; N], printed: [&str; N]) {
    values.iter().zip(printed).for_each(|(value, printed)| check(what, *value, printed));
}

fn check_same(what: &str, value: f64, other: f64) {
    assert!((value - other).abs() <= 1e-12 * other.abs(), "{what}: {value} and {other}");
}

#[test]
fn m_m_1() {
    let one = Mm1 { arrival_rate: 0.03, mean_service: 15.0 };
    check_all("A01", [one.mean_response_time(), one.mean_waiting_time()], ["27.2727", "12.2727"]);
    check("A01 L", one.mean_in_system(), "0.8181818");
    let response = [0.5, 0.9, 0.95, 0.99].map(|share| one.response_time_percentile(share));
    check_all("A01 response", response, ["18.904", "62.798", "81.702", "125.596"]);
    check_all("A01 wait", [0.95, 0.99].map(|share| one.waiting_time_percentile(share)), ["59.924", "103.818"]);

    let two = Mm1 { arrival_rate: 0.75, mean_service: 1.0 };
    check_all("A02", [two.mean_response_time(), two.mean_waiting_time(), two.mean_in_system()], ["4", "3", "3"]);
    check("A02 p99", two.response_time_percentile(0.99), "18.4207");

    let bound = Mm1 { arrival_rate: 0.008, mean_service: 100.0 };
    check_all("A11", [bound.mean_response_time(), bound.response_time_percentile(0.99)], ["500", "2302.6"]);

    let late = Mm1 { arrival_rate: 0.8, mean_service: 1.0 };
    check("B12 late", late.response_time_exceeds(5.0), "0.3678794");
    let goodput = |patience| late.arrival_rate * (1.0 - late.response_time_exceeds(patience));
    check_all("B12 goodput", [5.0, 2.0, 10.0].map(goodput), ["0.5056964", "0.2637440", "0.6917317"]);
    check("B12 utilization", late.utilization(), "0.8");
}

#[test]
fn m_m_c() {
    let four = Mmc { arrival_rate: 1.0, mean_service: 0.8, channels: 3 };
    check_all("A04", [four.mean_waiting_time(), four.mean_response_time()], ["0.0189209", "0.8189209"]);
    check("A04 P(wait)", four.waiting_probability(), "0.0520325");
    let seven = Mmc { arrival_rate: 9.0, mean_service: 0.2, channels: 2 };
    check_all("A07", [seven.mean_response_time(), seven.waiting_time_percentile(0.99)], ["1.0526316", "4.44574"]);
    let ten = Mmc { arrival_rate: 0.08, mean_service: 100.0, channels: 10 };
    check_all("A10", [ten.mean_response_time(), ten.mean_waiting_time()], ["120.459", "20.459"]);
    check("A10 P(wait)", ten.waiting_probability(), "0.4091801");
    check_all("A10 wait", [0.95, 0.99].map(|share| ten.waiting_time_percentile(share)), ["105.107", "185.578"]);
}

#[test]
fn m_g_1() {
    for (arrival_rate, wait) in [(0.5, "0.5"), (0.8, "2.0"), (0.9, "4.5")] {
        check("A12", Mg1::constant(arrival_rate, 1.0).mean_waiting_time(), wait);
    }
    for (squared_cv, wait) in [(0.25, "2.5"), (1.0, "4"), (4.0, "10")] {
        check("A14", Mg1 { arrival_rate: 0.8, mean_service: 1.0, squared_cv }.mean_waiting_time(), wait);
    }
    check_all("C09", [4.0, 3.0].map(|rate| processor_sharing_response_time(rate, 0.2)), ["1.0", "0.5"]);
}

#[test]
fn limited_room() {
    let limited = LimitedRoom { arrival_rate: 1.0, mean_service: 1.0, channels: 1, room: 10 };
    check_same("B04", limited.rejected(), 1.0 / 11.0);
    check_same("B04", limited.mean_response_time(), 5.5);
    let losses = [(8.0, 10, "0.1216611"), (20.0, 20, "0.1588920"), (3.0, 5, "0.1100544")];
    for (offered_load, channels, rejected) in losses {
        check("B07", erlang_b(channels, offered_load), rejected);
    }
}

#[test]
fn patience_in_the_queue() {
    let patience = PatienceInQueue { arrival_rate: 0.8, mean_service: 1.0, patience: 5.0 };
    check_all("B10", [patience.left(), patience.idle()], ["0.0769867", "0.2615893"]);
}

#[test]
fn three_cores_shared() {
    let many = birth_death(200, |_| 10.0, |number| 12.0 * f64::from(number.min(3)));
    let printed = ["0.43213296", "0.36011080", "0.15004617", "0.04167949", "0.01157764"];
    for (probability, printed) in many.iter().zip(printed) {
        check("C11", *probability, printed);
    }
}

fn pool(arrival_rate: f64, threads: u32, running_at_once: u32) -> ThreadPoolMeans {
    ThreadPoolQueue { arrival_rate, mean_cpu: 0.02, mean_backend: 0.08, threads, running_at_once }.means()
}

#[test]
fn thread_pool() {
    for (rate, threads, running_at_once, response) in [
        (8.0, 1, 1, "436.00"),
        (8.0, 4, 1, "104.0407"),
        (20.0, 4, 1, "122.5200"),
        (30.0, 4, 1, "237.0963"),
        (8.0, 8, 1, "103.81"),
        (20.0, 8, 1, "113.3505"),
        (30.0, 8, 1, "130.4257"),
        (40.0, 8, 1, "187.5657"),
        (40.0, 16, 1, "180.0001"),
        (20.0, 4, 4, "107.4534"),
        (30.0, 4, 4, "143.1344"),
    ] {
        let means = pool(rate, threads, running_at_once);
        check(&format!("{rate}/s, {threads} threads"), means.response_time * 1e3, response);
        assert!((means.running / (rate * 0.02) - 1.0).abs() < 1e-11, "all work is completed: {means:?}");
    }
    check("D01", pool(8.0, 1, 1).waiting_time * 1e3, "336.00");
    check("D04", pool(40.0, 16, 1).waiting_time * 1e3, "6.2644");
    for (rate, threads, wait, probability) in [
        (8.0, 4, "0.4199", "0.012771"),
        (20.0, 4, "13.2609", "0.234567"),
        (30.0, 4, "123.2635", "0.703869"),
        (30.0, 8, "4.2904", "0.083748"),
        (40.0, 8, "42.7390", "0.392932"),
    ] {
        let means = pool(rate, threads, 1);
        check("backlog wait", means.waiting_time * 1e3, wait);
        check("P(wait)", means.waiting_probability, probability);
    }
    for (rate, response) in [(8.0, "103.8095"), (20.0, "113.3333"), (30.0, "130.0000"), (40.0, "180.0000")] {
        let one_loop = Mm1 { arrival_rate: rate, mean_service: 0.02 };
        check("D05", (one_loop.mean_response_time() + 0.08) * 1e3, response);
    }
}

/// A worker that always has requests is a closed system of its threads.
fn saturated(threads: u32, mean_cpu: f64, mean_backend: f64) -> MachineRepair {
    MachineRepair { users: threads, mean_think: mean_backend, channels: 1, mean_service: mean_cpu }
}

#[test]
fn saturated_worker() {
    check("4 threads", saturated(4, 0.02, 0.08).throughput(), "34.46602");
    check("8 threads", saturated(8, 0.02, 0.08).throughput(), "48.479");
    for (share, threads, throughput, time) in [
        (0.25, 1, "10.0", "100.0"),
        (0.25, 2, "12.8", "156.2"),
        (0.25, 3, "13.2743", "226.0"),
        (0.25, 5, "13.3330", "375.0"),
        (0.25, 8, "13.3333", "600.0"),
        (0.25, 16, "13.3333", "1200"),
        (0.5, 1, "10.0", "100.0"),
        (0.5, 2, "16.0", "125.0"),
        (0.5, 3, "18.75", "160.0"),
        (0.5, 5, "19.9387", "250.8"),
        (0.5, 8, "19.9998", "400.0"),
        (0.5, 16, "20.0", "800"),
    ] {
        let worker = saturated(threads, 0.1 * (1.0 - share), 0.1 * share);
        check("throughput", worker.throughput(), throughput);
        check("time in a slot", (worker.mean_response_time() + 0.1 * share) * 1e3, time);
    }
}

#[test]
fn closed_systems() {
    let users = |users, mean_think, channels, mean_service| MachineRepair { users, mean_think, channels, mean_service };
    let one = users(4, 1.0, 2, 1.0);
    check("E01", one.throughput(), "1.7");
    check_all("E01", [one.mean_response_time(), one.mean_waiting_time()], ["1.3529412", "0.3529412"]);
    for (system, throughput, response) in [
        (users(10, 2.0, 3, 0.5), "3.8703733", "0.5837301"),
        (users(50, 1.0, 8, 0.1), "45.370072", "0.1020481"),
        (users(20, 4.0, 1, 0.2), "4.2055402", "0.7556316"),
    ] {
        check("E03", system.throughput(), throughput);
        check("E03", system.mean_response_time(), response);
    }
}

#[test]
fn one_of_several_channels_is_the_single_channel() {
    for rate in [0.1, 0.5, 0.75, 0.9, 0.99] {
        let single = Mm1 { arrival_rate: rate, mean_service: 1.0 };
        let several = Mmc { arrival_rate: rate, mean_service: 1.0, channels: 1 };
        check_same("C(1, a)", several.waiting_probability(), rate);
        check_same("W", several.mean_response_time(), single.mean_response_time());
        check_same("Wq", several.mean_waiting_time(), single.mean_waiting_time());
        check_same("L", several.mean_in_system(), single.mean_in_system());
        for share in [0.05, 0.5, 0.95, 0.999] {
            let percentiles = [several.response_time_percentile(share), single.response_time_percentile(share)];
            check_same("response", percentiles[0], percentiles[1]);
            let percentiles = [several.waiting_time_percentile(share), single.waiting_time_percentile(share)];
            check_same("wait", percentiles[0], percentiles[1]);
        }
        let exceeded = several.response_time_exceeds(several.response_time_percentile(0.9));
        check_same("tail", exceeded, 0.1);
    }
}

#[test]
fn the_tail_of_m_m_c_is_smooth_where_its_formula_changes() {
    // c − a = 1, and a value close to it.
    let exactly = Mmc { arrival_rate: 1.0, mean_service: 1.0, channels: 2 };
    let close = Mmc { arrival_rate: 1.0 + 1e-7, ..exactly };
    let [here, there] = [exactly, close].map(|station| station.response_time_exceeds(3.0));
    assert!((here - there).abs() < 1e-6, "{here} and {there}");
}

#[test]
fn the_mean_is_the_area_under_the_tail() {
    let station = Mmc { arrival_rate: 2.5, mean_service: 1.0, channels: 3 };
    let step = 1e-3;
    let area: f64 = (0..100_000).map(|n| station.response_time_exceeds((f64::from(n) + 0.5) * step) * step).sum();
    assert!((area - station.mean_response_time()).abs() < 1e-6, "{area}");
}

#[test]
fn general_service_with_cv_1_equals_exponential_service() {
    for rate in [0.1, 0.8, 0.95] {
        let general = Mg1 { arrival_rate: rate, mean_service: 1.0, squared_cv: 1.0 };
        let exponential = Mm1 { arrival_rate: rate, mean_service: 1.0 };
        check_same("Wq", general.mean_waiting_time(), exponential.mean_waiting_time());
        check_same("W shared", processor_sharing_response_time(rate, 1.0), exponential.mean_response_time());
    }
}

#[test]
fn poisson_arrivals_are_a_renewal_process_too() {
    for rate in [0.1, 0.5, 0.8, 0.95] {
        let renewal = GiM1::new(|s| rate / (rate + s), 1.0);
        let poisson = Mm1 { arrival_rate: rate, mean_service: 1.0 };
        assert!((renewal.waiting_probability() - rate).abs() < 1e-13, "σ = {}", renewal.waiting_probability());
        assert!((renewal.mean_response_time() / poisson.mean_response_time() - 1.0).abs() < 1e-12);
        let [renewal, poisson] = [renewal.response_time_percentile(0.9), poisson.response_time_percentile(0.9)];
        assert!((renewal / poisson - 1.0).abs() < 1e-12);
    }
}

#[test]
fn the_root_of_d_m_1_solves_its_equation() {
    // σ = e^(−(1 − σ)/ρ) at ρ = .8.
    let sigma = GiM1::new(|s| (-s / 0.8).exp(), 1.0).waiting_probability();
    check_same("σ", sigma, (-(1.0 - sigma) / 0.8).exp());
    check("σ", sigma, "0.6286");
}

#[test]
fn one_thread_is_m_g_1_with_cpu_and_backend_time_as_its_service() {
    for rate in [1.0, 5.0, 8.0, 9.5] {
        let squared_cv = (0.02f64.powi(2) + 0.08f64.powi(2)) / 0.1f64.powi(2);
        let one = Mg1 { arrival_rate: rate, mean_service: 0.1, squared_cv };
        let means = pool(rate, 1, 1);
        assert!((means.response_time / one.mean_response_time() - 1.0).abs() < 1e-11, "{means:?}");
        assert!((means.waiting_probability - one.utilization()).abs() < 1e-11, "{means:?}");
    }
}

#[test]
fn many_threads_are_async() {
    let one_loop = Mm1 { arrival_rate: 30.0, mean_service: 0.02 };
    let means = pool(30.0, 40, 1);
    assert!((means.response_time - one_loop.mean_response_time() - 0.08).abs() < 1e-9, "{means:?}");
}

#[test]
fn threads_that_only_compute_are_m_m_c() {
    let station = Mmc { arrival_rate: 2.5, mean_service: 1.0, channels: 3 };
    let pool = ThreadPoolQueue { arrival_rate: 2.5, mean_cpu: 1.0, mean_backend: 1e-9, threads: 3, running_at_once: 3 };
    let means = pool.means();
    assert!((means.response_time - station.mean_response_time()).abs() < 1e-6, "{means:?}");
    assert!((means.waiting_probability - station.waiting_probability()).abs() < 1e-6, "{means:?}");
}

#[test]
fn a_system_without_a_queue_is_erlangs_loss_system() {
    let limited = LimitedRoom { arrival_rate: 8.0, mean_service: 1.0, channels: 10, room: 10 };
    check_same("rejected", limited.rejected(), erlang_b(10, 8.0));
    check_same("W", limited.mean_response_time(), 1.0);
}

#[test]
fn a_large_queue_equals_an_unlimited_queue() {
    let limited = LimitedRoom { arrival_rate: 2.0, mean_service: 1.0, channels: 3, room: 200 };
    let endless = Mmc { arrival_rate: 2.0, mean_service: 1.0, channels: 3 };
    check_same("W", limited.mean_response_time(), endless.mean_response_time());
    let waiting: f64 = limited.in_system()[3..].iter().sum();
    check_same("C(3, 2)", waiting, endless.waiting_probability());
}

#[test]
fn infinite_patience_is_m_m_1_and_zero_patience_is_a_loss_system() {
    let patience = |patience| PatienceInQueue { arrival_rate: 0.8, mean_service: 1.0, patience };
    check_same("idle", patience(1000.0).idle(), 0.2);
    assert!(patience(1000.0).left() < 1e-80);
    check_same("B(1, .8)", patience(0.0).left(), erlang_b(1, 0.8));
    // At λ = μ the density is flat up to the patience.
    let critical = PatienceInQueue { arrival_rate: 1.0, mean_service: 1.0, patience: 3.0 };
    check_same("idle", critical.idle(), 1.0 / 5.0);
}

#[test]
fn served_requests_are_those_that_did_not_leave() {
    for patience in [0.5, 2.0, 9.0] {
        let queue = PatienceInQueue { arrival_rate: 1.3, mean_service: 1.0, patience };
        check_same("busy", 1.0 - queue.idle(), 1.3 * (1.0 - queue.left()));
    }
}

#[test]
fn machine_repair_is_a_closed_network_with_one_queue() {
    for users in [1, 2, 7, 30] {
        let repair = MachineRepair { users, mean_think: 4.0, channels: 1, mean_service: 0.2 };
        let network = mean_value_analysis(&[ServiceCenter::Queue(0.2), ServiceCenter::Delay(4.0)], users);
        check_same("X", network.throughput, repair.throughput());
        check_same("W", network.residence_times[0], repair.mean_response_time());
        check_same("N", network.numbers.iter().sum(), f64::from(users));
    }
}

#[test]
fn a_balanced_closed_network_is_known_in_closed_form() {
    // n requests at m equal queues: X = n / (n + m − 1) / D.
    let network = mean_value_analysis(&[ServiceCenter::Queue(2.0); 5], 9);
    check_same("X", network.throughput, 9.0 / 13.0 / 2.0);
}
