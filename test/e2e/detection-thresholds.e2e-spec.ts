import { performance } from 'node:perf_hooks';
import { Body, Controller, Module, Post } from '@nestjs/common';
import { DetectionService } from 'nestapi-guard';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';

@Controller()
class NotesController {
  @Post('notes')
  create(@Body() body: unknown) {
    return { stored: body };
  }
}

@Module({ controllers: [NotesController] })
class NotesModule {}

const OFF = { enableRateLimiting: false, enableIpBanning: false };
const PATTERN = 'needle';

describe.each(PLATFORMS)('Thresholds of detection on %s', (platform) => {
  let app: RunningApp | undefined;

  const start = async (config: object): Promise<DetectionService> => {
    app = await startApp(platform, { imports: [NotesModule], config: { ...OFF, ...config } });
    return app.app.get(DetectionService);
  };

  afterEach(async () => {
    jest.restoreAllMocks();
    await app?.close();
  });

  /** Makes every look at the clock find that so many milliseconds have passed since the last one. */
  const clock = () => {
    let now = performance.now();
    const pace = { milliseconds: 0 };
    jest.spyOn(performance, 'now').mockImplementation(() => (now += pace.milliseconds));
    return pace;
  };

  /** Runs the pattern once for each duration, and tells what became of its statistics. */
  const run = (detection: DetectionService, durations: readonly number[]) => {
    const pace = clock();
    for (const duration of durations) {
      pace.milliseconds = duration;
      detection.inspectValue('plain words');
    }
    return detection.stats().find(({ name }) => name.includes(PATTERN));
  };

  it.each([
    [0.05, 1],
    [0.5, 0],
  ])('detectionSlowPatternThreshold %d counts a run of 60 ms as slow %d times', async (threshold, slow) => {
    const detection = await start({ detectionSlowPatternThreshold: threshold });
    await detection.addPattern(PATTERN);
    expect(run(detection, [1, 60, 1])).toMatchObject({ calls: 3, slow });
  });

  it.each([
    [3, 1],
    [10, 0],
  ])('detectionAnomalyThreshold %d calls five deviations an anomaly %d times', async (threshold, anomalies) => {
    const detection = await start({ detectionAnomalyThreshold: threshold });
    await detection.addPattern(PATTERN);
    const steady = Array.from({ length: 40 }, (_, index) => 1 + (index % 2));
    expect(run(detection, [...steady, 4])).toMatchObject({ timed: 41, anomalies });
  });

  it.each([
    [100, 1],
    [10_000, 0],
  ])('detectionMonitorHistorySize %d forgets a restless past: %d anomalies', async (history, anomalies) => {
    const detection = await start({ detectionMonitorHistorySize: history });
    await detection.addPattern(PATTERN);
    const restless = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 1 : 101));
    const steady = Array.from({ length: 100 }, (_, index) => 1 + (index % 2));
    expect(run(detection, [...restless, ...steady, 10])).toMatchObject({ timed: 201, anomalies });
  });

  it('detectionCompilerTimeout refuses a pattern that takes longer to vet', async () => {
    const strict = await start({ detectionCompilerTimeout: 0.1 });
    clock().milliseconds = 300;
    await expect(strict.addPattern(PATTERN)).rejects.toThrow('detectionCompilerTimeout');
    expect(strict.patterns()).toEqual([]);
    jest.restoreAllMocks();
    await app?.close();
    const patient = await start({ detectionCompilerTimeout: 10 });
    clock().milliseconds = 300;
    await patient.addPattern(PATTERN);
    expect(patient.patterns()).toHaveLength(1);
  });

  it.each([
    [0.6, 400],
    [1, 201],
  ])('detectionSemanticThreshold %d answers an obfuscated doubt with %d', async (threshold, status) => {
    await start({ detectionSemanticThreshold: threshold });
    const answer = await app?.post('/notes', { text: 'dRoP%252520tAbLe%252520LaMpS' });
    expect(answer?.status).toBe(status);
    expect((await app?.post('/notes', { text: 'drop table lamps' }))?.status).toBe(201);
  });
});
