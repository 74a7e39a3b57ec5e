import { ConsoleMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { Registry } from 'prom-client';

/** What `GET /metrics` serves. */
export const registry = new Registry();

const everyTenSeconds = () =>
  new PeriodicExportingMetricReader({ exporter: new ConsoleMetricExporter(), exportIntervalMillis: 10_000 });

/** `OTEL_CONSOLE=1` prints the same measurements every ten seconds; an application would export them over OTLP. */
export const meters = new MeterProvider({ readers: process.env.OTEL_CONSOLE ? [everyTenSeconds()] : [] });
