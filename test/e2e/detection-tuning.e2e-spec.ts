import { Controller, Get } from '@nestjs/common';
import { DetectionService, type GuardConfigInput } from 'nestapi-guard';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';

@Controller()
class SearchController {
  @Get('search')
  search() {
    return [];
  }
}

describe.each(PLATFORMS)('settings of the detection on %s', (platform) => {
  let app: RunningApp;
  let clock: jest.SpyInstance | undefined;
  /** Milliseconds that pass between two looks at the clock. */
  let tick = 0;

  async function start(config: GuardConfigInput): Promise<DetectionService> {
    app = await startApp(platform, { controllers: [SearchController], config });
    return app.app.get(DetectionService);
  }

  function holdClock(): void {
    let now = performance.now();
    clock = jest.spyOn(performance, 'now').mockImplementation(() => (now += tick));
  }

  afterEach(async () => {
    clock?.mockRestore();
    clock = undefined;
    await app.close();
  });

  const OWN = 'company-secret-word';
  async function statsAfter(detection: DetectionService, runs: readonly number[]) {
    await detection.addPattern(OWN);
    holdClock();
    for (const milliseconds of runs) {
      tick = milliseconds;
      detection.inspectValue('an innocent value', 'query');
    }
    tick = 0;
    return detection.stats().find(({ name }) => name.includes(OWN))!;
  }
  const usual = Array.from({ length: 40 }, (_, run) => 1 + (run % 2) / 5);

  it.each<[threshold: number | undefined, slow: number]>([
    [0.01, 1],
    [undefined, 0],
  ])('detectionSlowPatternThreshold %s calls %i runs of 11 ms slow', async (threshold, slow) => {
    const detection = await start(threshold === undefined ? {} : { detectionSlowPatternThreshold: threshold });
    expect(await statsAfter(detection, [11])).toMatchObject({ timed: 1, slow });
  });

  it.each<[threshold: number | undefined, anomalies: number]>([
    [undefined, 1],
    [10, 0],
  ])('detectionAnomalyThreshold %s finds %i anomalies four deviations off', async (threshold, anomalies) => {
    const detection = await start(threshold === undefined ? {} : { detectionAnomalyThreshold: threshold });
    expect(await statsAfter(detection, [...usual, 1.5])).toMatchObject({ timed: 41, anomalies });
  });

  it.each<[size: number | undefined, anomalies: number]>([
    [100, 1],
    [undefined, 0],
  ])('detectionMonitorHistorySize %s forgets old runs, and finds %i anomalies', async (size, anomalies) => {
    const detection = await start(size === undefined ? {} : { detectionMonitorHistorySize: size });
    const wild = Array.from({ length: 20 }, (_, run) => (run % 2 === 0 ? 1 : 9));
    expect(await statsAfter(detection, [...wild, ...usual, ...usual, ...usual, 1.5])).toMatchObject({ anomalies });
  });

  it.each<[seconds: number | undefined, accepted: boolean]>([
    [0.1, false],
    [undefined, true],
  ])('detectionCompilerTimeout %s accepts a pattern that takes a second to vet: %s', async (seconds, accepted) => {
    const detection = await start(seconds === undefined ? {} : { detectionCompilerTimeout: seconds });
    holdClock();
    tick = 1000;
    const outcome = detection.addPattern(OWN).then(
      () => true,
      (error: Error) => error.message.includes('detectionCompilerTimeout') && false,
    );
    await expect(outcome).resolves.toBe(accepted);
    tick = 0;
  });

  it('detectionSemanticThreshold decides from where obfuscation counts', async () => {
    const scores: number[] = [];
    for (const detectionSemanticThreshold of [0, 1]) {
      const detection = await start({ detectionSemanticThreshold });
      scores.push(detection.inspectValue('%2527%2520OR%25201%253D1--', 'query').score);
      if (scores.length < 2) await app.close();
    }
    expect(scores[0]).toBeGreaterThan(scores[1]!);
  });
});
