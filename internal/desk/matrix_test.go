package desk_test

import (
	"context"
	"image"
	"reflect"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// way is a method of the desk: the verb it asks guard about, and a call that is
// right but for who makes it; or why it asks about none.
type way struct {
	verb guard.Verb
	call func(ctx context.Context, d *desk.Desk, c *loan.Case) error
	why  string
}

func of[T any](_ T, err error) error { return err }

// ways has a row for every exported method of the desk.
func ways() map[string]way {
	some := []byte("some bytes")
	page := loan.Attachment{Slot: loan.DocSlot(loan.HukouBook), Blob: loan.Hash{1}}
	return map[string]way{
		"MayOpen": {verb: guard.OpenCase, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return d.MayOpen(ctx) }},
		"NewCase": {verb: guard.OpenCase, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.NewCase(ctx, loan.First, false))
		}},
		"TakeNumber": {verb: guard.OpenCase, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.TakeNumber(ctx, loan.First, false))
		}},
		"Edit": {verb: guard.Edit, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.Edit(ctx, c.ID, map[string]any{"loan.amount": 5000}))
		}},
		"TakeOffer": {verb: guard.Edit, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.TakeOffer(ctx, c.ID, desk.Offer{}))
		}},
		"Resolve": {verb: guard.Resolve, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.Resolve(ctx, c.ID, "loan.amount", []byte("5000")))
		}},
		"Attach": {verb: guard.Attach, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.Attach(ctx, c.ID, page.Slot, some, "image/jpeg", "file"))
		}},
		"AttachPage": {verb: guard.Attach, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.AttachPage(ctx, c.ID, loan.AttachBody{Attachment: loan.Attachment{Slot: page.Slot, Media: "image/jpeg"}}, some))
		}},
		"Arrange": {verb: guard.Attach, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.Arrange(ctx, c.ID, loan.ArrangeBody{Slot: page.Slot, Order: []loan.Hash{page.Blob}}))
		}},
		"Detach": {verb: guard.Detach, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.Detach(ctx, c.ID, page.Slot, page.Blob))
		}},
		"ReplacePage": {verb: guard.Replace, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.ReplacePage(ctx, c.ID, page, some, "image/jpeg", "file"))
		}},
		"Attest": {verb: guard.Attest, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.Attest(ctx, c.ID, loan.StudentParty))
		}},
		"Consent": {verb: guard.Consent, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.Consent(ctx, c.ID, loan.StudentParty, loan.ConsentCredit, creditText, true))
		}},
		"Withdraw": {verb: guard.Withdraw, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.Withdraw(ctx, c.ID, loan.StudentParty, loan.ConsentCredit))
		}},
		"Submit": {verb: guard.Submit, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.Submit(ctx, c.ID))
		}},
		"Void": {verb: guard.VoidCase, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.Void(ctx, c.ID, "重复受理"))
		}},
		"SignAgain": {verb: guard.Correct, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.SignAgain(ctx, c.ID, "签名缺失，重新签署"))
		}},
		"SubmitAgain": {verb: guard.Submit, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.SubmitAgain(ctx, c.ID, "核对后无须改动"))
		}},
		"Correct": {verb: guard.Correct, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.Correct(ctx, c.ID, map[string]any{"loan.amount": 5000}, "金额有误"))
		}},
		"PrepareContract": {verb: guard.PrepareContract, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			_, _, err := d.PrepareContract(ctx, c.ID)
			return err
		}},
		"FillContract": {verb: guard.PrepareContract, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			_, _, err := d.FillContract(ctx, c.ID, loan.Signatures{Student: loan.InPerson, Coborrower: loan.InPerson})
			return err
		}},
		"Printout": {verb: guard.Print, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.Printout(ctx, c.ID, desk.PaperApplication))
		}},
		"Read": {verb: guard.Read, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.Read(ctx, c.ID, loan.Hash{1}, loan.StudentParty, []int{1}))
		}},
		"Sign": {verb: guard.Sign, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.Sign(ctx, c.ID, loan.StudentParty, loan.InPerson, "", strokes()))
		}},
		"SignOnPhone": {verb: guard.Sign, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.SignOnPhone(ctx, c.ID, loan.StudentParty, loan.InPerson, "", strokes()))
		}},
		"ForPhone": {verb: guard.Print, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.ForPhone(ctx, c.ID, desk.PaperContract))
		}},
		"ReceiptOnScreen": {verb: guard.Print, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.ReceiptOnScreen(ctx, c.ID))
		}},
		"GiveByPhone": {verb: guard.Print, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.GiveByPhone(ctx, c.ID, desk.PaperContract))
		}},
		"GivenByPhone": {verb: guard.Print, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.GivenByPhone(ctx, c.ID, desk.PaperContract))
		}},
		"Seal":   {verb: guard.Seal, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return of(d.Seal(ctx, c.ID)) }},
		"Finish": {verb: guard.Finish, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return of(d.Finish(ctx, c.ID)) }},
		"PassOn": {verb: guard.PassOn, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.PassOn(ctx, c.ID, uuid.New(), "B", loan.ReviewStation))
		}},
		"TakeOver": {verb: guard.TakeOver, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.TakeOver(ctx, c.ID, loan.ReviewStation, "换人接着办"))
		}},
		"Urge": {verb: guard.Urge, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.Urge(ctx, c.ID, loan.Urgent))
		}},
		"Open":        {verb: guard.View, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return of(d.Open(ctx, c.ID)) }},
		"Case":        {verb: guard.View, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return of(d.Case(ctx, c.ID)) }},
		"Differences": {verb: guard.View, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return of(d.Differences(ctx, c)) }},
		"KeepCard": {verb: guard.Edit, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.KeepCard(ctx, c.ID, loan.StudentParty, loan.Card{Kind: loan.ResidentIdentity, Number: "522727200503149914"}, nil))
		}},
		"OwnData": {verb: guard.View, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.OwnData(ctx, c.ID, loan.StudentParty))
		}},
		"Losses": {verb: guard.View, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return of(d.Losses(ctx, c.ID)) }},
		"PortraitUsed": {verb: guard.View, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.PortraitUsed(ctx, c.ID, loan.PortraitStudent, some))
		}},
		"KnowPortrait": {verb: guard.Attach, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return d.KnowPortrait(ctx, c.ID, loan.PortraitStudent, some)
		}},
		"Reveal": {verb: guard.Reveal, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return d.Reveal(ctx, c.ID, []string{"student.phone"}, "家长来电核对")
		}},
		"Receipt":    {verb: guard.Print, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return of(d.Receipt(ctx, c.ID)) }},
		"NoteSearch": {verb: guard.Search, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return d.NoteSearch(ctx, 1) }},
		"OpenBeyond": {verb: guard.SearchBeyond, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.OpenBeyond(ctx, c.ID, "家长来电核对"))
		}},
		"FindBeyond": {verb: guard.SearchBeyond, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.FindBeyond(ctx, "9914", "家长来电核对"))
		}},
		"AskGrant": {verb: guard.AskGrant, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.AskGrant(ctx, wanted(c.ID)))
		}},
		"TakeGrant": {verb: guard.AskGrant, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.TakeGrant(ctx, "", ""))
		}},
		"CallExport": {verb: guard.AskGrant, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.CallExport(ctx, "", desk.Release{To: "某市学生资助管理中心"}))
		}},
		"AnswerExport": {verb: guard.ApproveGrant, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.AnswerExport(ctx, "00000000", "clerk-1", "", desk.ExportTo{}, "核对家长投诉"))
		}},
		"AnswerAsk": {verb: guard.ApproveGrant, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.AnswerAsk(ctx, "00000000", "clerk-1", "", "核对家长投诉"))
		}},
		"WithdrawAsk": {verb: guard.AskGrant, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return d.WithdrawAsk(ctx, "") }},
		"Pleas":       {verb: guard.ApproveGrant, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return of(d.Pleas(ctx)) }},
		"AnswerPlea": {verb: guard.ApproveGrant, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return d.AnswerPlea(ctx, desk.Plea{}, true, "核对家长投诉")
		}},
		"AnswersBack": {verb: guard.ApproveGrant, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return of(d.AnswersBack(ctx)) }},
		"PutToldAway": {verb: guard.AskGrant, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return d.PutToldAway(ctx, "p-1") }},
		"PutBackAway": {verb: guard.View, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return d.PutBackAway(ctx, c.ID, nil) }},
		"PutAway":     {verb: guard.ApproveGrant, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return d.PutAway(ctx, desk.AnswerBack{}) }},
		"Leaves":      {verb: guard.ApproveGrant, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return of(d.Leaves(ctx)) }},
		"TakeBack": {verb: guard.ApproveGrant, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return d.TakeBack(ctx, "p-1", "核对家长投诉")
		}},
		"BreakGlass": {verb: guard.BreakGlass, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.BreakGlass(ctx, c.ID, "洪水断网"))
		}},
		"GlassSeen": {verb: guard.ReviewGlass, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.GlassSeen(ctx, "e-0102"))
		}},
		"Glasses":       {verb: guard.ReviewGlass, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return of(d.Glasses(ctx)) }},
		"ReviewedAbove": {verb: guard.AskGrant, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return of(d.ReviewedAbove(ctx)) }},
		"ReviewGlass": {verb: guard.ReviewGlass, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return d.ReviewGlass(ctx, "e-1", true, "核对过了")
		}},
		"Export": {verb: guard.Export, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.Export(ctx, "g-1", []uuid.UUID{c.ID}, "/nowhere"))
		}},
		"ByTails": {verb: guard.Export, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.ByTails(ctx, []string{c.ID.String()[28:]}))
		}},
		"Record": {verb: guard.ReadAudit, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.Record(ctx, desk.Sought{}))
		}},
		"Report": {verb: guard.ReadAudit, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			_, _, err := d.Report(ctx, desk.Sought{}, nil)
			return err
		}},
		"Audit": {verb: guard.ReadAudit, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return of(d.Audit(ctx, nil)) }},
		"EraseSeason": {verb: guard.EraseSeason, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.EraseSeason(ctx, 2001, nil))
		}},
		"SetHelper": {verb: guard.ManageSettings, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return d.SetHelper(ctx, desk.DecodeCard, "")
		}},
		"CardPicture": {verb: guard.View, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.CardPicture(ctx, c.ID, loan.StudentParty))
		}},
		"Likeness": {verb: guard.View, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			_, _, err := d.Likeness(ctx, c.ID, loan.StudentParty, image.NewGray(image.Rect(0, 0, 2, 2)))
			return err
		}},
		"ConsentAgain": {verb: guard.Correct, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.ConsentAgain(ctx, c.ID, loan.StudentParty, loan.ConsentCredit, creditText, "本人重新同意"))
		}},
		"EraseCase": {verb: guard.EraseSeason, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.EraseCase(ctx, c.ID, "本人要求删除", nil))
		}},
		"RequestedCase": {verb: guard.EraseSeason, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.RequestedCase(ctx, c.ID.String()[28:], "本人当面要求删除"))
		}},
		// At a laptop for practice, as this one is; elsewhere guard.EnableOperator.
		"EnableOperator": {verb: guard.AdmitOperator, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return d.EnableOperator(ctx, guard.Operator{ID: "new-" + d.Operator().ID, Name: "新人", Roles: []guard.Role{guard.Clerk}, Enabled: true}, []byte("correct horse 9"))
		}},
		"AskEnabling": {verb: guard.AdmitOperator, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.AskEnabling(ctx, "new-1"))
		}},
		"Admit": {verb: guard.AdmitOperator, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return d.Admit(ctx, &desk.Enabling{}, []byte("correct horse 9"))
		}},
		"ResetPassword": {verb: guard.ManageOperators, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return d.ResetPassword(ctx, "reviewer-1", []byte(rolePassword(guard.Reviewer)))
		}},
		"Backup": {verb: guard.Backup, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return of(d.Backup(ctx, nil)) }},
		"BackupTo": {verb: guard.Backup, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.BackupTo(ctx, "/nowhere", nil))
		}},
		"SetBackupDir": {verb: guard.Backup, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return d.SetBackupDir(ctx, "") }},
		"NoteCopied":   {verb: guard.Sync, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return of(d.NoteCopied(ctx)) }},
		"MayCarry":     {verb: guard.Carry, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return d.MayCarry(ctx) }},
		"MaySync":      {verb: guard.Sync, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return d.MaySync(ctx) }},
		"ImportSchools": {verb: guard.ImportRegister, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return of(d.ImportSchools(ctx, strings.NewReader("")))
		}},
		"MayImport": {verb: guard.OpenCase, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return d.MayImport(ctx) }},
		"Import": {verb: guard.OpenCase, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return d.Import(ctx, []desk.Brought{{Slot: loan.PortraitStudent, Media: "image/jpeg", Content: []byte("x")}})
		}},
		"SetSyncSettings": {verb: guard.Sync, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return d.SetSyncSettings(ctx, desk.SyncSettings{Paused: true, OnMetered: desk.MeteredAll})
		}},
		"LetGo": {verb: guard.Sync, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return d.LetGo(ctx, c.ID, loan.Hash{1}) }},
		"Enrolled": {verb: guard.Sync, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return d.Enrolled(ctx, d.Store().Profile())
		}},
		"TakeFile": {verb: guard.Sync, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return of(d.TakeFile(ctx, some)) }},
		"SetSeat": {verb: guard.Sync, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return d.SetSeat(ctx, desk.Seat{Name: "B"})
		}},
		"SwitchRoom":   {verb: guard.Sync, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return d.SwitchRoom(ctx, true) }},
		"SwitchRemote": {verb: guard.Sync, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return d.SwitchRemote(ctx, true) }},
		"NoteCall":     {verb: guard.Sync, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error { return d.NoteCall(ctx, uuid.New()) }},
		"ToStick": {verb: guard.Sync, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return d.ToStick(ctx, func(context.Context) error { return nil })
		}},
		"FromStick": {verb: guard.Sync, call: func(ctx context.Context, d *desk.Desk, c *loan.Case) error {
			return d.FromStick(ctx, func(context.Context) error { return nil })
		}},

		"Blob":           {why: "View, and then whether the case is seen in full: TestPicturesAreForWhoSeesTheCase"},
		"SealedContract": {why: "as Blob"},
		"SealedPortrait": {why: "View, and then as Blob"},
		"VoidForLoss":    {why: "Losses and Correct"},
		"Witness":        {why: "asks of the second person, whose password is given: TestOneSignsForBothInARenewal"},
		"Trust":          {why: "keys, and View of the case that a file names"},
		"Review":         {why: "asks of the second person, whose password is given: TestRefusals"},
		"ChangePassword": {why: "one's own, with the old one"},
		"BackupIfDue":    {why: "Backup, and passes over it where it is not allowed"},
		"Keep":           {why: "unattended: erases by rule what its time is over, and chooses nothing"},
		"TakeUp":         {why: "unattended: reads what the county signed"},
		"Offers":         {why: "Edit, and offers nothing where it is not allowed"},
		"Asks":           {why: "the operator's own, and an administrator's all"},
		"Duties":         {why: "numbers, of what he may answer alone: TestWhoMayAnswerIsToldHowMuchWaits"},
		"ReadAsk":        {why: "reads a code"},
		"ReadExport":     {why: "reads a code"},
		"ApproveAsk":     {why: "asks of the second person, whose password is given: TestAGrantByAnAdministratorAtTheDesk"},
		"Grants":         {why: "the operator's own"}, "GrantsHeard": {why: "the operator's own"}, "Told": {why: "the operator's own"}, "ByReason": {why: "the operator's own"},
		"Releases":     {why: "the operator's own"},
		"SetSetting":   {why: "how the screens look; desk's own are refused: TestDeskKeepsItsOwnSettings"},
		"Close":        {why: "locks"},
		"AskRenewal":   {why: "of the laptop, and whoever may sign in"},
		"RenewalScan":  {why: "of the laptop, and whoever may sign in"},
		"Renew":        {why: "the county's answer decides: TestARenewalByTelephone"},
		"TakeAnswer":   {why: "the county's answer decides: TestTheCountyLetsAPersonInByTelephone"},
		"EnablingScan": {why: "of a request that was made"},
		"Store":        {why: "carriage takes it, and nobody else: TestWhoTakesTheStore"},

		"Operator": {why: "who is signed in"}, "Place": {why: "of the laptop"}, "Laptop": {why: "of the laptop"}, "Device": {why: "of the laptop"},
		"Authority": {why: "of the laptop"}, "Seat": {why: "of the laptop"}, "InRoom": {why: "of the laptop"}, "Remote": {why: "of the laptop"},
		"Setting": {why: "how the screens look; desk's own are refused: TestDeskKeepsItsOwnSettings"}, "SyncSettings": {why: "of the laptop"}, "BackupState": {why: "of the laptop"}, "Kept": {why: "of the laptop"},
		"ShutOut": {why: "of the laptop"}, "InForce": {why: "names operators alone"}, "Operators": {why: "names operators alone"},
		"Reviewers": {why: "names operators alone"}, "CanSignIn": {why: "of an account"}, "Recoverable": {why: "of the laptop"},
		"Rules": {why: "rules"}, "Today": {why: "a date"}, "Untaken": {why: "an error"}, "Watermark": {why: "words"},
		"Clauses": {why: "words of the template"}, "NeedsWitness": {why: "whether"}, "Heard": {why: "whether"}, "Witnesses": {why: "names operators alone"}, "Papers": {why: "names papers"}, "PhonePapers": {why: "names papers"},
		"Check": {why: "judges a case that is open"}, "CheckEntry": {why: "judges a case that is open"}, "Missing": {why: "names fields of a case that is open"}, "Listed": {why: "judges a case that is open"},
		"Find": {why: "masked rows of the own queue: TestASearchIsForTheOwnQueue"}, "Matches": {why: "a number"}, "Count": {why: "numbers"},
		"RowOf": {why: "masked, and Search: TestNoRowIsShownToWhoMayNotSearch"}, "Waiting": {why: "masked, and the own queue: TestWhatWaitsNamesNobodyOutsideTheOwnQueue"},
		"AtStations": {why: "numbers, places and masked names, for who calls: TestTheStationsTellNumbersToTheCounterAlone"}, "MayCall": {why: "asks guard"}, "SentBack": {why: "masked"}, "Notices": {why: "masked"},
		"Shown": {why: "masks"}, "Masked": {why: "masks"}, "Pictures": {why: "asks what is revealed"}, "SeesFull": {why: "asks guard"}, "Handles": {why: "asks guard"}, "CouldHandle": {why: "asks guard"}, "HeldHere": {why: "asks the case"}, "MayCollect": {why: "asks the case"},
		"Lapsed": {why: "whether"}, "LapsedAsShutOut": {why: "whether"}, "Out": {why: "whether: TestWhoIsSwitchedOffWhileSignedInMayNoMore"}, "Recheck": {why: "whether"}, "Tenure": {why: "until when"},
		"Revealed": {why: "how long yet"}, "RunningGlass": {why: "the operator's own"}, "Conceal": {why: "masks"}, "Names": {why: "compares"}, "Here": {why: "whether"},
		"MayApprove": {why: "asks guard"}, "MayAskGrant": {why: "asks guard"}, "MayReviewGlass": {why: "asks guard"},
		"MayAudit": {why: "asks guard"}, "MayEraseSeason": {why: "asks guard"}, "MayResetPasswords": {why: "asks guard"}, "Manages": {why: "asks guard"}, "MayUrge": {why: "asks guard"}, "MayWithdraw": {why: "asks guard"},
		"MayManageSettings": {why: "asks guard"}, "MayEnable": {why: "asks guard"}, "BelongsHere": {why: "asks guard"}, "MustChange": {why: "whether"}, "Helpers": {why: "of the laptop"},
	}
}

func TestEveryMethodOfTheDeskHasARow(t *testing.T) {
	rows := ways()
	typ := reflect.TypeFor[*desk.Desk]()
	for i := range typ.NumMethod() {
		if _, ok := rows[typ.Method(i).Name]; !ok {
			t.Errorf("%s has no row: which verb does it ask guard about?", typ.Method(i).Name)
		}
	}
	for name, w := range rows {
		if _, ok := typ.MethodByName(name); !ok {
			t.Errorf("%s is no method any more", name)
		}
		if (w.call == nil) == (w.why == "") {
			t.Errorf("%s: either a verb with a call, or why there is none", name)
		}
	}
}

func rolePassword(r guard.Role) string { return "correct horse of " + string(r) }

func roleOperator(r guard.Role) guard.Operator {
	return guard.Operator{ID: string(r) + "-1", Name: r.Label(), Roles: []guard.Role{r}, Enabled: true}
}

// staffed is a laptop with one operator of each role and another clerk's case;
// as signs in one of them.
func staffed(t *testing.T) (c *loan.Case, as func(r guard.Role) *desk.Desk) {
	t.Helper()
	d := laptop(t, t.TempDir())
	c = entered(t, d)
	for _, r := range guard.Roles() {
		if o := roleOperator(r); o.ID != "clerk-1" {
			if err := d.Store().EnableOperator(t.Context(), o, []byte(rolePassword(r))); err != nil {
				t.Fatal(err)
			}
		}
	}
	other := guard.Operator{ID: "clerk-2", Name: "另一操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}
	if err := d.Store().EnableOperator(t.Context(), other, []byte(rolePassword(guard.Clerk))); err != nil {
		t.Fatal(err)
	}
	return c, func(r guard.Role) *desk.Desk {
		id := roleOperator(r).ID
		if r == guard.Clerk {
			id = other.ID
		}
		var err error
		if d, err = signedIn(t, d, id, rolePassword(r)); err != nil {
			t.Fatal(err)
		}
		return d
	}
}

// TestNoMethodDoesMoreThanGuardAllows lets each role call each method that asks
// about a verb: whom guard denies changes nothing, and the chain says that it was
// refused him.
func TestNoMethodDoesMoreThanGuardAllows(t *testing.T) {
	c, as := staffed(t)
	said := map[string]bool{}
	for _, r := range guard.Roles() {
		d := as(r)
		for name, w := range ways() {
			if w.call == nil {
				continue
			}
			if slices.ContainsFunc([]loan.Status{loan.Draft, loan.ToReview, loan.ToSign, loan.Signed}, func(s loan.Status) bool {
				return guard.May(roleOperator(r), w.verb, &loan.Case{Status: s}) == nil
			}) {
				continue // the role may, and the methods' own tests say what comes of it
			}
			before, _ := d.Store().Head()
			err := w.call(t.Context(), d, c)
			after, _ := d.Store().Head()
			if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "须由") {
				t.Errorf("%s by %s: got %v, want denied for the role", name, r, err)
			}
			if name == "MayOpen" && before == after {
				continue // it only asks
			}
			new, err := d.Store().Pending(t.Context(), before, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, ch := range new {
				b, err := loan.Body[loan.ViewBody](ch)
				if err != nil || ch.Kind != loan.ChangeView || ch.Operator != d.Operator().ID || b.Detail != "refused "+string(w.verb)+": role" {
					t.Errorf("%s by %s: the chain got %s by %s, %+v, %v", name, r, ch.Kind, ch.Operator, b, err)
				}
			}
			if len(new) > 1 || len(new) == 0 && !said[string(r)+string(w.verb)] {
				t.Errorf("%s by %s: %d changes, want the refusal, once an hour", name, r, len(new))
			}
			said[string(r)+string(w.verb)] = true
		}
	}
}

func TestWhoIsSwitchedOffWhileSignedInMayNoMore(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := entered(t, d)
	if !d.SeesFull(c) {
		t.Fatal("the clerk does not see his case")
	}
	if _, err := d.Store().KeepRoster(t.Context(), []store.RosterEntry{{ID: "clerk-1", Name: "练习操作员", Roles: []string{"clerk"}, Off: true}}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Edit(t.Context(), c.ID, map[string]any{"loan.amount": 5000}); fault.KindOf(err) != fault.Denied {
		t.Errorf("got %v, want denied", err)
	}
	if d.SeesFull(c) || len(d.Find("", 0)) > 0 {
		t.Error("he goes on seeing names and cases")
	}
	if err := d.Out(); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "已停用") {
		t.Errorf("why he is out: got %v", err)
	}
}

func TestARosterThatTakesSomethingAwayEndsTheWorkWithoutAnotherAct(t *testing.T) {
	roster := func(d *desk.Desk, roles ...string) {
		t.Helper()
		if _, err := d.Store().KeepRoster(t.Context(), []store.RosterEntry{{ID: "clerk-1", Name: "练习操作员", Roles: roles}}); err != nil {
			t.Fatal(err)
		}
		if err := d.TakeUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	d := laptop(t, t.TempDir())
	defer d.Close()
	if err := d.Out(); err != nil {
		t.Fatalf("before anything: %v", err)
	}
	roster(d, "clerk", "reviewer")
	if err := d.Out(); err != nil {
		t.Errorf("a role more: %v", err)
	}
	roster(d, "clerk")
	if err := d.Out(); fault.KindOf(err) != fault.Denied {
		t.Errorf("the role that came meanwhile was taken away: got %v, want denied", err)
	}
	if err := d.Out(); fault.KindOf(err) != fault.Denied {
		t.Errorf("asked once more: got %v, want denied", err)
	}
}

func TestPicturesAreForWhoSeesTheCase(t *testing.T) {
	c, as := staffed(t)
	face := c.Slot(loan.PortraitStudent)[0].Blob
	for _, r := range guard.Roles() {
		d := as(r)
		if _, err := d.Blob(t.Context(), c.ID, face); fault.KindOf(err) != fault.Denied {
			t.Errorf("%s: got %v, want denied", r, err)
		}
	}
	d := laptop(t, t.TempDir())
	defer d.Close()
	one, two := entered(t, d), entered(t, d)
	if _, err := d.Blob(t.Context(), one.ID, one.Slot(loan.PortraitStudent)[0].Blob); err != nil {
		t.Errorf("the clerk's own: %v", err)
	}
	mine, err := d.Attach(t.Context(), two.ID, loan.DocSlot(loan.HukouBook2), picture(t, 123, 77, 9), "image/jpeg", "file")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Blob(t.Context(), one.ID, mine.Slot(loan.DocSlot(loan.HukouBook2))[0].Blob); fault.KindOf(err) != fault.Missing {
		t.Errorf("another case's picture by this one's id: got %v, want missing", err)
	}
}
