package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/sync/central"
	"github.com/google/uuid"
)

func caseWithdrawConsent(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("case withdraw-consent", "note that a person takes a consent back and no laptop is there to hear it, as when the\n"+
		"season was erased there. From then on the case is exported to nobody and accepted no more;\n"+
		"what was signed stands. Laptops that have the case hear it at their next sync.", errs)
	data := f.String("data", "", "folder of the centre")
	id := f.String("case", "", idOfCase)
	party := f.String("party", "", "whose consent: student or coborrower")
	purpose := f.String("purpose", "", "to what: "+strings.Join(loan.Purposes(), ", "))
	reason := f.String("reason", "", "how it was heard; no personal data")
	by := f.String("by", "", "id of the officer who heard it")
	who := actorFlags(f, by)
	if err := parse(f, args, out, "data", "case", "party", "purpose", "reason"); err != nil {
		return err
	}
	const op = "sync.withdraw"
	p := loan.Party(*party)
	if p != loan.StudentParty && p != loan.CoborrowerParty {
		return fault.New(op, fault.Input, errors.New("--party is student or coborrower"))
	}
	if !slices.Contains(loan.Purposes(), *purpose) {
		return fault.New(op, fault.Input, errors.New("--purpose is one of "+strings.Join(loan.Purposes(), ", ")))
	}
	return who.ofCase(ctx, *data, *id, func(kase uuid.UUID) central.Act {
		return central.Act{Verb: guard.HearWithdrawal, Name: "case withdraw-consent " + *party + " " + *purpose, Case: kase, Reason: *reason}
	}, func(c *central.Central, kase uuid.UUID) error {
		return c.WithdrawConsent(ctx, kase, p, *purpose, *reason, *by)
	})
}
