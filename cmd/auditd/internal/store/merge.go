package store

import "github.com/dyetrace/dyetrace/auditor"

// Merge says what becomes of a stored finding (nil: none) when next arrives, and
// returns the new current state where the kind is Found, Updated or Withdrawn.
// SameRun: the current state comes from the run that speaks now. Whether next is a
// resend is decided before, by its run and revision.
//
//   - The same run knows its own mind: what it says later replaces what it said.
//   - Another run (auditd was restarted, or there are two engines) that says the
//     same is a repetition; its better or other knowledge replaces the current
//     state; but a suspicion does not replace a proof.
//   - A withdrawal by another run counts only against what it speaks of: the same
//     verdict, not known better here.
//   - A withdrawal of nothing is nothing.
//
// The revision of the new state is one more than the stored one, or next's own
// where that is higher.
func Merge(current *auditor.Finding, next auditor.Finding, sameRun bool) (ChangeKind, auditor.Finding) {
	if current == nil {
		if next.State == auditor.StateWithdrawn {
			return Repeated, next
		}
		next.Revision = max(1, next.Revision)
		return Found, next
	}
	if sameContent(*current, next) {
		return Repeated, *current
	}
	wasOpen, withdraws := current.State == auditor.StateOpen, next.State == auditor.StateWithdrawn
	if !wasOpen && withdraws {
		return Repeated, *current
	}
	proofAgainstGuess := current.Certainty == auditor.Proven && next.Certainty != auditor.Proven
	if !sameRun && wasOpen && (proofAgainstGuess || withdraws && current.Verdict != next.Verdict) {
		return Weaker, next
	}
	next.Revision = max(current.Revision+1, next.Revision)
	switch {
	case withdraws:
		return Withdrawn, next
	case !wasOpen:
		return Found, next
	}
	return Updated, next
}

func sameContent(a, b auditor.Finding) bool {
	a.Revision, b.Revision = 0, 0
	if !a.Time.Equal(b.Time) {
		return false
	}
	a.Time = b.Time
	return a == b
}
