import {
  compileErrorResponses,
  type CustomErrorResponses,
  errorBody,
  errorResponsesProblems,
} from '../../lib/response/error-body';
import { eachProblem } from './expect-problem';

it.each([
  [400, 'Bad Request'],
  [403, 'Forbidden'],
  [413, 'Payload Too Large'],
  [429, 'Too Many Requests'],
  [431, 'Request Header Fields Too Large'],
  [503, 'Service Unavailable'],
  [499, 'Error'],
])('the body of a %i says %s', (statusCode, error) => {
  expect(errorBody(statusCode, 'No', 'GUARD_X')).toEqual({ statusCode, message: 'No', error, code: 'GUARD_X' });
});

describe('custom responses', () => {
  const given = { 403: 'Not from here', 429: { error: 'slow_down', hints: [{ after: 60 }] } };
  const of = (responses: CustomErrorResponses | undefined, status: number): object =>
    compileErrorResponses(responses).of(status, 'No', 'GUARD_X');

  it('a text replaces the message', () => {
    expect(of(given, 403)).toEqual({ ...errorBody(403, 'Not from here', 'GUARD_X') });
  });

  it('an object replaces the body', () => expect(of(given, 429)).toEqual(given[429]));

  it('other statuses keep the standard body', () => {
    expect(of(given, 400)).toEqual(errorBody(400, 'No', 'GUARD_X'));
    expect(of(undefined, 403)).toEqual(errorBody(403, 'No', 'GUARD_X'));
    expect(of({}, 403)).toEqual(errorBody(403, 'No', 'GUARD_X'));
  });

  it('is a copy that nobody can change afterwards, and leaves the configuration alone', () => {
    const responses = { 429: { error: 'slow_down', hints: [{ after: 60 }] } };
    const bodies = compileErrorResponses(responses);
    responses[429].hints[0]!.after = 1;
    const body = bodies.of(429, 'No', 'GUARD_X') as (typeof responses)[429];
    expect(body.hints).toEqual([{ after: 60 }]);
    for (const part of [body, body.hints, body.hints[0]]) expect(Object.isFrozen(part)).toBe(true);
    expect(Object.isFrozen(responses[429])).toBe(false);
  });

  const circular: Record<string, unknown> = {};
  circular.self = circular;

  it('rejects a body that contains itself, not one that repeats a part', () => {
    expect(errorResponsesProblems({ 403: circular })).toMatchObject([
      { path: '.403.self', message: 'contains itself' },
    ]);
    const part = { a: 1 };
    expect(errorResponsesProblems({ 403: { one: part, two: part } })).toEqual([]);
  });

  it.each([
    ['a function', () => 1],
    ['a date', new Date()],
    ['undefined', undefined],
    ['a bigint', 1n],
    ['NaN', NaN],
  ])('rejects %s inside a body', (_, value) => {
    expect(errorResponsesProblems({ 403: { deep: [value] } })).toMatchObject([{ path: '.403.deep.0' }]);
  });

  eachProblem(
    [
      [null, '', /object/],
      ['Forbidden', '', /object/],
      [['Forbidden'], '', /object/],
      [{ 200: 'fine' }, '.200', /400 to 599/],
      [{ 399: 'x' }, '.399', /400 to 599/],
      [{ 600: 'x' }, '.600', /400 to 599/],
      [{ '4e2': 'x' }, '.4e2', /400 to 599/],
      [{ forbidden: 'x' }, '.forbidden', /400 to 599/],
      [{ 403: '' }, '.403', /empty/],
      [{ 403: ' ' }, '.403', /empty/],
      [{ 403: 1 }, '.403', /text/],
      [{ 403: null }, '.403', /text/],
      [{ 403: ['x'] }, '.403', /text/],
    ],
    (responses) => {
      if (responses !== null) {
        expect(() => compileErrorResponses(responses as CustomErrorResponses)).toThrow('customErrorResponses');
      }
      return errorResponsesProblems(responses);
    },
  );
});
