/** A refusal that was only reported, because of `passiveMode` or of the mode of its check. */
export interface ReportedRefusal {
  /** The name of the check, as in `checkModes`. */
  readonly check: string;
  readonly reason: string;
  readonly status: number;
  readonly mode: 'dry-run' | 'passive';
}

/** What the guard came to about a request that it let through. */
export interface RequestVerdict {
  /** In `whitelist` or `exemptIps`: not limited, not inspected, never banned. */
  readonly trusted: boolean;
  /** In `excludePaths`. */
  readonly excluded: boolean;
  /** What it would have been refused for; empty when everything is enforced. */
  readonly wouldRefuse: readonly ReportedRefusal[];
}
