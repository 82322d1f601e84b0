// Package promexport keeps the newest counts of the dyetrace connector and shows
// them to Prometheus, with the names that follow from the OpenTelemetry ones
// (specification "Prometheus and OpenMetrics Compatibility"): gray.hops becomes
// gray_hops_total, the attribute service.name the label service_name.
//
// Counts of engines that have ended stay in the sums, so that a counter does not
// fall when a policy asks for a new engine.
package promexport
