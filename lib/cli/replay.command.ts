import { counted } from '../observability/counted';
import { canonicalIp } from '../network/ip-address';
import { rehearsalReport } from '../rehearsal/rehearsal-report';
import { outlineOf } from './application-outline';
import { type Command, CommandError, EXIT, oneOf, readArguments, type Terminal } from './command';
import { loadConfig, loadModuleClass } from './module-file';
import { ProgressBar } from './progress-bar';
import type { RecordedRequest } from './recorded-request';
import { Recording, RECORDING_FORMATS } from './recording';
import { Replay, type ReplayOptions, type ReplaySummary } from './replay';

const USAGE = `nestapi-guard replay <access log | HAR> --config <file> [--module <compiled app module>] [options]

Runs recorded traffic through a policy and prints what it would have refused. Nothing is sent to the application, and none of
its handlers, validators and verifiers is called.

  --config <file>         JSON file or module that holds the configuration of GuardModule
  --module <file>         compiled root module: its routes and decorators; without --config also its configuration
  --format <format>       ${RECORDING_FORMATS.join(', ')}; by default as the file looks; any may be compressed with gzip
  --global-prefix <path>  what main.ts gives app.setGlobalPrefix()
  --client <ip>           the client of requests whose address is not recorded, as in HAR files
  --passive               ask every check about every request, and ban nobody; by default the first refusal decides
                          and bans hold, as when the policy is enforced
  --fail-on refused       exit code 1 when some request would have been refused
  --json                  print JSON
`;

const OPTIONS = {
  config: { type: 'string' },
  module: { type: 'string' },
  format: { type: 'string' },
  'global-prefix': { type: 'string', default: '' },
  client: { type: 'string' },
  passive: { type: 'boolean', default: false },
  'fail-on': { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** Lines that could not be understood, of which the first are shown by number. */
interface Unreadable {
  count: number;
  readonly first: number[];
}

const SHOWN_UNREADABLE = 5;

export const replayCommand: Command = {
  usage: USAGE,
  async run(args, terminal) {
    const { values, positionals } = readArguments(args, OPTIONS, ['access log | HAR']);
    const format = values.format === undefined ? undefined : oneOf('--format', values.format, RECORDING_FORMATS);
    if (values['fail-on'] !== undefined) oneOf('--fail-on', values['fail-on'], ['refused']);
    const client = values.client === undefined ? undefined : addressOf(values.client);
    const recording = await Recording.open(positionals[0]!, format);
    const options = await replayOptions(values.config, values.module, values['global-prefix'], values.passive);
    const replay = await Replay.open(options);
    const unreadable = await play(recording, replay, client, terminal);
    const summary = await replay.close();
    if (summary.requests === 0) {
      throw new CommandError(
        `none of the ${unreadable.count} lines of ${positionals[0]} tells of a request in the format ${recording.format}; ` +
          'name another with --format',
      );
    }
    terminal.out.write(values.json ? toJson(recording, summary, unreadable) : render(recording, summary, unreadable));
    return values['fail-on'] !== undefined && summary.refused > 0 ? EXIT.found : EXIT.ok;
  },
};

async function replayOptions(
  configFile: string | undefined,
  moduleFile: string | undefined,
  globalPrefix: string,
  passive: boolean,
): Promise<ReplayOptions> {
  if (configFile === undefined && moduleFile === undefined) throw new CommandError('--config or --module is missing');
  const outline = moduleFile === undefined ? undefined : await outlineOf(await loadModuleClass(moduleFile));
  const config = configFile === undefined ? await outline?.config() : await loadConfig(configFile);
  return { config: config ?? {}, modules: outline?.modules, globalPrefix, passive };
}

async function play(
  recording: Recording,
  replay: Replay,
  client: string | undefined,
  { err }: Terminal,
): Promise<Unreadable> {
  const progress = new ProgressBar(err);
  const unreadable: Unreadable = { count: 0, first: [] };
  let position = 0;
  for await (const parsed of recording.requests()) {
    position++;
    if (parsed === undefined) {
      unreadable.count++;
      if (unreadable.first.length < SHOWN_UNREADABLE) unreadable.first.push(position);
    } else {
      await replay.take(client === undefined ? parsed : withClient(parsed, client));
    }
    progress.show(recording.bytesRead / recording.size, counted(position, 'request'));
  }
  progress.clear();
  return unreadable;
}

function withClient(recorded: RecordedRequest, client: string): RecordedRequest {
  if (recorded.ip !== undefined) return recorded;
  return { ...recorded, ip: client, facets: new Set([...recorded.facets, 'address']) };
}

function addressOf(text: string): string {
  const ip = canonicalIp(text);
  if (ip === undefined) throw new CommandError(`--client ${JSON.stringify(text)} is no IP address`);
  return ip;
}

function toJson({ format }: Recording, summary: ReplaySummary, { count }: Unreadable): string {
  return `${JSON.stringify({ format, unreadable: count, ...summary }, null, 2)}\n`;
}

function render(recording: Recording, summary: ReplaySummary, unreadable: Unreadable): string {
  const { requests, refused, untimed, from, to, unjudged, rehearsal } = summary;
  const span = from === undefined || to === undefined ? '' : `, ${from.toISOString()} to ${to.toISOString()}`;
  const share = ((refused / requests) * 100).toFixed(refused === 0 || refused === requests ? 0 : 2);
  const lines = [
    `${counted(requests, 'request')} (${recording.format})${span}`,
    `${refused.toLocaleString('en-US')} of them (${share}%) would have been refused`,
  ];
  const what = recording.format === 'har' ? 'entries' : 'lines';
  if (unreadable.count > 0) {
    const more = unreadable.count > unreadable.first.length ? ' …' : '';
    lines.push(`${unreadable.count} ${what} tell of no request: ${what} ${unreadable.first.join(', ')}${more}`);
  }
  if (untimed > 0)
    lines.push(`${counted(untimed, 'request')} without a time: counted as sent at the time of the one before`);
  for (const { check, requests: count } of unjudged) {
    lines.push(`${check} was not asked about ${counted(count, 'request')}: what it needs is not recorded`);
  }
  return `${lines.join('\n')}\n\n${rehearsalReport(rehearsal)}\n`;
}
