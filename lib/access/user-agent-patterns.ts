import { compilePattern, PatternError } from '../patterns/linear-pattern';
import type { UserAgentPattern } from './block-user-agents.decorator';

/** Longer agents are cut: no client needs more, and matching costs by length. */
const MAX_AGENT_LENGTH = 2048;

export function userAgentPatternProblem(pattern: unknown): string | undefined {
  if (pattern === '') return undefined;
  if (typeof pattern !== 'string' && !(pattern instanceof RegExp))
    return 'is neither a string nor a regular expression';
  try {
    compilePattern(pattern);
    return undefined;
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return `is refused: ${error.message}`;
  }
}

/** Whether any of the patterns matches an agent. */
export function compileUserAgents(patterns: readonly UserAgentPattern[]): (agent: string | undefined) => boolean {
  const blocksMissing = patterns.includes('');
  const matchers = patterns.filter((pattern) => pattern !== '').map((pattern) => compilePattern(pattern));
  return (agent = '') => {
    if (agent === '' && blocksMissing) return true;
    const text = agent.length > MAX_AGENT_LENGTH ? agent.slice(0, MAX_AGENT_LENGTH) : agent;
    for (const matcher of matchers) if (matcher.test(text)) return true;
    return false;
  };
}
