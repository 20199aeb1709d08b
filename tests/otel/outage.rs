//! A collector that is away, or does not answer, hinders no request and fills neither the memory nor the log.

use std::net::TcpListener;

use crate::collector::{Collector, Exporting};
use crate::scratch::eventually;

const FAILED: &str = "trace export failed";
const AGAIN: &str = "trace export succeeded again";

fn dropped(app: &Exporting, reason: &str) -> u64 {
    app.metrics().count(&format!("uprof_trace_spans_dropped_total{{reason=\"{reason}\"}}"))
}

#[test]
fn requests_go_on_without_a_collector_and_its_outage_is_one_line() {
    let collector = Collector::start();
    let app = Exporting::to(&collector.endpoint(), &[("OTEL_EXPORTER_OTLP_TIMEOUT", "200")]);
    app.client.list("");
    collector.named("list_user_profiles");
    eventually("it is counted", || (app.metrics().count("uprof_trace_spans_exported_total") == 2).then_some(()));
    let address = collector.address();
    drop(collector);
    for exports in 1..=4 {
        app.client.list("");
        eventually("an export fails", || (dropped(&app, "export_failed") == 2 * exports).then_some(()));
        assert_eq!(app.logged(FAILED).len(), 1, "{:?}", app.logged(FAILED));
    }
    let collector = Collector::at(address);
    app.client.list("");
    collector.named("list_user_profiles");
    eventually("its end is logged", || (app.logged(AGAIN).len() == 1).then_some(()));
    drop(collector);
    app.client.list("");
    eventually("another outage is logged", || (app.logged(FAILED).len() == 2).then_some(()));
    assert_eq!((dropped(&app, "queue_full"), app.logged("\"WARN\"").len()), (0, 2));
}

#[test]
fn what_does_not_fit_while_a_collector_is_silent_is_dropped_and_the_process_ends_all_the_same() {
    // Connections are accepted by the system, and never by anybody else.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let app = Exporting::to(&endpoint, &[("OTEL_BSP_MAX_QUEUE_SIZE", "4"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "3600000")]);
    for _ in 0..20 {
        app.client.list("");
    }
    assert!(dropped(&app, "queue_full") >= 40 - 8, "{}", dropped(&app, "queue_full"));
    app.stop();
}
