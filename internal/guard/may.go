package guard

import (
	"errors"
	"slices"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Verb is something an operator can do.
type Verb string

// The verbs. Those of the first group change a case.
const (
	Edit            Verb = "edit"
	Resolve         Verb = "resolve"
	Attach          Verb = "attach"
	Detach          Verb = "detach"
	Replace         Verb = "replace"
	Attest          Verb = "attest"
	Consent         Verb = "consent"
	Withdraw        Verb = "withdraw-consent"
	HearWithdrawal  Verb = "hear-withdrawal"
	Submit          Verb = "submit"
	Review          Verb = "review"
	PrepareContract Verb = "prepare-contract"
	Read            Verb = "read"
	Sign            Verb = "sign"
	Witness         Verb = "witness"
	Seal            Verb = "seal"
	Finish          Verb = "finish"
	Correct         Verb = "correct"
	VoidCase        Verb = "void"
	PassOn          Verb = "pass-on"
	TakeOver        Verb = "take-over"
	Decide          Verb = "decide"

	OpenCase        Verb = "open-case"
	View            Verb = "view"
	Search          Verb = "search"
	SearchBeyond    Verb = "search-beyond"
	Reveal          Verb = "reveal"
	Print           Verb = "print"
	Export          Verb = "export"
	AskGrant        Verb = "ask-grant"
	ApproveGrant    Verb = "approve-grant"
	BreakGlass      Verb = "break-glass"
	ReviewGlass     Verb = "review-glass"
	ReadAudit       Verb = "read-audit"
	AuditAll        Verb = "audit-all"
	EnableOperator  Verb = "enable-operator"
	AdmitOperator   Verb = "admit-operator"
	ManageOperators Verb = "manage-operators"
	ManageRoster    Verb = "manage-roster"
	ManageSettings  Verb = "manage-settings"
	ImportRegister  Verb = "import-register"
	Carry           Verb = "carry"
	Sync            Verb = "sync"
	Urge            Verb = "urge"
	CallNumbers     Verb = "call-numbers"
	Backup          Verb = "backup"
	EraseSeason     Verb = "erase-season"
	Restore         Verb = "restore"
)

// rule is one row of the table of permissions.
type rule struct {
	verb     Verb
	label    string // as on screen
	roles    []Role
	levels   []Level       // of an operator that has one
	needs    bool          // a case must be given
	statuses []loan.Status // where the verb is allowed; nil is everywhere
	acts     bool          // changes the case: the two-roles rule applies
}

// rules is the table of permissions; what it does not name is denied.
func rules() []rule {
	clerk, reviewer, admin := []Role{Clerk}, []Role{Reviewer}, []Role{DataAdmin}
	counter := []Role{Clerk, Reviewer}
	all := Roles()
	local, above, every := []Level{PointLevel, CountyLevel}, []Level{CountyLevel, ProvinceLevel, BankLevel}, Levels()
	open := []loan.Status{loan.Draft, loan.ToReview, loan.ToSign, loan.Returned, loan.Corrected}
	signing := []loan.Status{loan.ToSign}
	sealed := []loan.Status{loan.Signed, loan.Queued, loan.Received, loan.Accepted}
	alive := append(slices.Clone(open), sealed...)
	kept := append(slices.Clone(alive), loan.Void) // its data is there
	return []rule{
		{Edit, "修改案件", clerk, local, true, open, true},
		{Resolve, "选定不一致的内容", clerk, local, true, open, true},
		{Attach, "添加材料", clerk, local, true, open, true},
		{Detach, "移除材料", clerk, local, true, open, true},
		{Replace, "补拍损坏的材料", clerk, local, true, append(slices.Clone(open), sealed...), true},
		{Attest, "确认人证一致", clerk, local, true, open, true},
		{Consent, "登记同意", clerk, local, true, open, true},
		{Withdraw, "登记撤回同意", all, local, true, kept, false},
		{HearWithdrawal, "在县里登记撤回同意", []Role{Clerk, Reviewer, DataAdmin}, []Level{CountyLevel}, true, kept, false},
		{Submit, "提交复核", clerk, local, true, []loan.Status{loan.Draft, loan.Corrected}, true},
		{Review, "复核", reviewer, local, true, []loan.Status{loan.ToReview}, true},
		{PrepareContract, "生成合同", clerk, local, true, signing, true},
		{Read, "阅读合同", clerk, local, true, signing, true},
		{Sign, "签署", clerk, local, true, signing, true},
		{Witness, "见证签署", counter, local, true, signing, false},
		{Seal, "封存合同", clerk, local, true, signing, true},
		{Finish, "办结", clerk, local, true, []loan.Status{loan.Signed}, true},
		{Correct, "更正合同内容", clerk, local, true, alive, true},
		{VoidCase, "作废案件", clerk, local, true, alive, true},
		{PassOn, "转交案件", counter, local, true, alive, false},
		{TakeOver, "接手案件", counter, local, true, alive, false},
		{Decide, "受理或退回", reviewer, []Level{CountyLevel}, true, []loan.Status{loan.Received, loan.Accepted}, true},
		{OpenCase, "新建案件", clerk, local, false, nil, false},
		{View, "查看案件", all, local, true, nil, false},
		{Search, "查找案件", all, local, false, nil, false},
		{SearchBeyond, "查找他人经办的案件", all, local, false, nil, false},
		{Reveal, "查看完整信息", all, local, true, nil, false},
		{Print, "打印", counter, local, true, nil, false},
		{Export, "导出", []Role{Clerk, Reviewer, DataAdmin}, local, false, nil, false},
		{AskGrant, "申请授权", all, local, false, nil, false},
		{ApproveGrant, "批准授权", admin, above, false, nil, false},
		{BreakGlass, "紧急查看", counter, local, true, nil, false},
		{ReviewGlass, "复查紧急查看", []Role{DataAdmin, Auditor}, above, false, nil, false},
		{ReadAudit, "查看日志", []Role{Auditor, DataAdmin}, every, false, nil, false},
		{AuditAll, "查看全部电脑的日志", []Role{Auditor}, every, false, nil, false},
		{EnableOperator, "在本机启用账号", admin, local, false, nil, false},
		{AdmitOperator, "经县资助中心批准启用账号", []Role{Clerk, Reviewer, DataAdmin}, local, false, nil, false},
		{ManageOperators, "管理操作员", admin, local, false, nil, false},
		{ManageRoster, "管理人员名册", admin, every, false, nil, false}, // of people whom he Manages
		{ManageSettings, "修改设置", admin, local, false, nil, false},
		{ImportRegister, "导入院校名录", []Role{Clerk, DataAdmin}, local, false, nil, false},
		{Carry, "与县资助中心收发", all, every, false, nil, false},
		{Sync, "上传", []Role{Clerk, Reviewer, DataAdmin}, every, false, nil, false},
		{Urge, "设为优先上传", []Role{Clerk, Reviewer, DataAdmin}, local, true, alive, false},
		{CallNumbers, "叫号", counter, local, false, nil, false},
		{Backup, "备份", []Role{Clerk, Reviewer, DataAdmin}, every, false, nil, false},
		{EraseSeason, "清除学年资料，或应本人要求删除案件", admin, local, false, nil, false},
		{Restore, "用备份换掉本机数据", admin, local, false, nil, false},
	}
}

// Verbs lists every verb of the table.
func Verbs() []Verb {
	var out []Verb
	for _, r := range rules() {
		out = append(out, r.verb)
	}
	return out
}

// May is nil when the operator may do the verb, to case c where the verb is
// about one. Otherwise it is fault.Denied with a sentence that says who may, or
// fault.Missing when a case is needed and none is given.
func May(op Operator, v Verb, c *loan.Case) error {
	r, ok := ruleOf(v)
	if !ok {
		return deny(v, "当前版本不支持此操作。", "unknown verb")
	}
	if !op.Enabled {
		return deny(v, "该账号已停用，请联系系统数据管理员。", "account switched off")
	}
	if !slices.ContainsFunc(r.roles, op.Has) {
		return deny(v, "“"+r.label+"”须由"+labels(r.roles)+"办理。", WhyRole)
	}
	if op.Level != "" && !slices.Contains(r.levels, op.Level) {
		return deny(v, "“"+r.label+"”须由"+levelLabels(r.levels)+"的"+labels(r.roles)+"办理，您的账号是"+op.Level.Label()+"账号。", "level")
	}
	if !r.needs {
		return Apart(op, v, c)
	}
	if c == nil {
		return fault.New("guard.May "+string(v), fault.Missing, errors.New("no case"))
	}
	if r.statuses != nil && !slices.Contains(r.statuses, c.Status) {
		return deny(v, "案件当前为“"+c.Status.Label()+"”，不能"+r.label+"。", WhyStatus)
	}
	if err := bothOperators(op, r, c); err != nil || !r.acts {
		return err
	}
	return oneRole(op, r, c)
}

// bothOperators denies what would make one person both operators of a signing.
func bothOperators(op Operator, r rule, c *loan.Case) error {
	if r.verb == Witness && hadSigned(op, c) {
		return deny(r.verb, "填写合同或办理签名的人员不能作第二经办人，请由另一位人员"+r.label+"。", "had it signed")
	}
	if r.verb == Seal && c.Contract != nil && c.Contract.Witness != nil && c.Contract.Witness.By == op.ID {
		return deny(r.verb, "您是本合同的第二经办人，不能再"+r.label+"。请由另一位操作员接手封存，或换人见证。", "witnessed the contract")
	}
	return nil
}

// oneRole denies what would make the operator hold two roles on one case.
func oneRole(op Operator, r rule, c *loan.Case) error {
	if slices.Contains(r.roles, Reviewer) && entered(op, c) {
		return deny(r.verb, "受理本案的人员不能"+r.label+"本案，请由另一位复核员办理。", "entered the case")
	}
	if r.verb == Review && closed(op, c) {
		return deny(r.verb, "经办过本案合同（生成、见证、签署或封存）的人员不能再复核本案，请由另一位复核员办理。", "handled the contract")
	}
	if r.verb == Decide && (reviewed(op, c) || closed(op, c)) {
		return deny(r.verb, "复核或见证过本案的人员不能再决定本案，请由另一位复核员办理。", WhyPart)
	}
	if r.verb != Decide && c.Deciders[op.ID] {
		return deny(r.verb, "在中心审核过本案的人员不能再"+r.label+"本案，请由另一位人员办理。", "decided on the case")
	}
	if slices.Contains(r.roles, Clerk) && reviewed(op, c) {
		return deny(r.verb, "复核本案的人员不能再"+r.label+"，请由操作员办理。", "reviewed the case")
	}
	return nil
}

// Apart denies a word on what others do with a case, a grant for it, an emergency in
// it or its erasing, to whoever had a part in it himself. It is nil for every other
// verb, and where no case is given.
func Apart(op Operator, v Verb, c *loan.Case) error {
	if c == nil || v != ApproveGrant && v != ReviewGlass && v != EraseSeason {
		return nil
	}
	if !entered(op, c) && !reviewed(op, c) && !closed(op, c) && !c.Deciders[op.ID] && !c.Movers[op.ID] {
		return nil
	}
	return HadPart(v)
}

// HadPart is why whoever had a part in a case has no such word on it.
func HadPart(v Verb) error {
	r, _ := ruleOf(v)
	what := map[Verb]string{ApproveGrant: "答复查看或导出本案的申请", ReviewGlass: "复查本案的紧急查看", EraseSeason: "删除本案"}[v]
	return deny(v, "受理、接手、转交、复核、经办或审核过本案的人员不能"+what+"，请由没有经手本案的另一位"+labels(r.roles)+"办理。", WhyPart)
}

// RestsOn denies what rests on the review of a case where whoever gave it is no reviewer
// of the roster, as another laptop may say of him. by is that person's account, nil for
// one that is not known. It is nil for every other verb, and where no review stands.
func RestsOn(v Verb, c *loan.Case, by *Operator) error {
	if c == nil || c.Review == nil || by != nil && by.Has(Reviewer) || !slices.Contains([]Verb{PrepareContract, Read, Sign, Witness, Seal, Finish}, v) {
		return nil
	}
	return deny(v, "本案由“"+c.Review.By+"”复核，但在本机名册上此人不是复核员，不能"+Label(v)+"。请先同步，更新名册；名册仍是这样的，请修改后重新提交，由本机名册上的复核员复核。", WhyReview)
}

func entered(op Operator, c *loan.Case) bool { return c.OpenedBy == op.ID || c.Authors[op.ID] }

// reviewed says whether the operator ever gave a reviewer's word on the case: a
// later change ends the review, and not that he gave it.
func reviewed(op Operator, c *loan.Case) bool {
	return c.Reviewers[op.ID] || c.Review != nil && c.Review.By == op.ID
}

// closed says whether the operator ever had a hand in a contract of the case: filled
// one in, had it read or signed, witnessed, sealed or finished it.
func closed(op Operator, c *loan.Case) bool {
	if c.Handlers[op.ID] {
		return true
	}
	all := c.Former
	if c.Contract != nil {
		all = append(slices.Clone(all), *c.Contract)
	}
	return slices.ContainsFunc(all, func(k loan.ContractState) bool {
		return k.By == op.ID || k.Witness != nil && k.Witness.By == op.ID
	})
}

// hadSigned says whether the operator filled the contract in hand, or had one of its
// parties sign it.
func hadSigned(op Operator, c *loan.Case) bool {
	if c.Contract == nil {
		return false
	}
	for _, s := range c.Contract.Signatures {
		if s.Clerk == op.ID {
			return true
		}
	}
	return c.Contract.By == op.ID
}

// SeesFull says whether the operator sees the open case c unmasked without
// asking: who handles it at the counter, and the reviewer while it is under
// review. All others see masks and must Reveal.
func SeesFull(op Operator, c *loan.Case) bool {
	if c == nil || !op.Enabled || !op.atCounter() {
		return false
	}
	return op.Has(Clerk) && entered(op, c) || Reviewing(op, c)
}

// Reviewing says whether the case waits for a reviewer and the operator may be the
// one: he has no hand in it, and did not decide on it at the centre.
func Reviewing(op Operator, c *loan.Case) bool {
	return c != nil && op.Enabled && op.atCounter() && op.Has(Reviewer) && c.Status == loan.ToReview && !entered(op, c) && !closed(op, c) && !c.Deciders[op.ID]
}

// handles says whether the case is the operator's to work on as a clerk at a laptop:
// he entered it, or it was given to him there, which ends once the centre has it but
// where he took it over.
func handles(op Operator, c *loan.Case, device uuid.UUID) bool {
	h := given(op, c, device)
	return entered(op, c) || h != nil && (h.Reason != "" || !settled(c.Status))
}

// given is the hold of a laptop on a case that counts for an operator who did not
// enter it; nil where there is none.
func given(op Operator, c *loan.Case, device uuid.UUID) *loan.Holding {
	i := slices.IndexFunc(c.Holders, func(h loan.Holding) bool {
		return h.Device == device && Hold{By: h.By, Taken: h.Reason != "", Number: h.Number}.For(op)
	})
	if i < 0 {
		return nil
	}
	return &c.Holders[i]
}

// Hold is how a laptop has a case: by whose act, and by which.
type Hold struct {
	By     string
	Taken  bool // taken over, and not passed on
	Number bool // loan.Holding.Number
}

// For says whether a laptop's hold on a case makes it a clerk's to work on there: one
// that was passed on is for every clerk of the laptop, one that was taken over for
// who took it, and by its number alone it is nobody's but of who opened it.
func (h Hold) For(op Operator) bool { return !h.Number && (!h.Taken || h.By == op.ID) }

// hands denies a clerk's verb on the case of another.
func hands(op Operator, v Verb, c *loan.Case, device uuid.UUID) error {
	r, _ := ruleOf(v)
	if !r.acts || !slices.Contains(r.roles, Clerk) || handles(op, c, device) {
		return nil
	}
	if settled(c.Status) && c.Status != loan.Void {
		return deny(v, "本案由另一位操作员经办，已经送达，不能由您"+r.label+"。确需改动的，请经办人办理补正，或请县资助中心退回本案后再接手。", WhyOthers)
	}
	return deny(v, "本案由另一位操作员经办，不能直接"+r.label+"。请先接手并写明原因，或请经办人转交过来。", WhyOthers)
}

// MayPass is nil when an operator at a laptop may pass the case on to another, or to
// another station of the same: he handles it, or he reviews it or did, and gives it
// away. None gets a case of another so, which is for TakeOver with its reason.
func MayPass(op Operator, c *loan.Case, here, to uuid.UUID) error {
	if handles(op, c, here) || to != here && (Reviewing(op, c) || op.Has(Reviewer) && reviewed(op, c)) {
		return nil
	}
	return deny(PassOn, "本案由另一位操作员经办，不能由您转交。请先接手并写明原因，或请经办人转交。", WhyOthers)
}

// Holds is nil when a laptop may change the case: it holds it, or the case was
// never passed on. Otherwise it is fault.Denied with a sentence that says where
// the case is, and what to do next.
func Holds(c *loan.Case, device uuid.UUID) error {
	if c.HeldBy(device) {
		return nil
	}
	return fault.Tell("guard.Holds", fault.Denied, "案件正在 "+Places(c)+"办理，本机不能修改。请对方转交过来；对方无法转交时，请选“强制接手”并写明原因。",
		errors.New("another laptop holds the case"))
}

// Places names the laptops that hold a case, and their stations.
func Places(c *loan.Case) string {
	at := ""
	for _, h := range c.Holders {
		if at != "" {
			at += "、"
		}
		at += Where(h)
	}
	return at
}

// Where names a laptop of the room and its station.
func Where(h loan.Holding) string {
	if h.Name == "" {
		return "“" + h.Station.Label() + "”工位"
	}
	return h.Name + " 机“" + h.Station.Label() + "”工位"
}

// SeesHeld says whether the operator sees the open case c unmasked because it was given
// to him at this laptop: until it is signed, and then until the centre has it where
// he took it over, had it signed, or it stands at the station of the receipt. Who had
// a hand in the contract sees it until it is accepted: the family waits for its papers.
func SeesHeld(op Operator, c *loan.Case, device uuid.UUID) bool {
	if c == nil || !op.Enabled || !op.atCounter() || !op.Has(Clerk) {
		return false
	}
	h := given(op, c, device)
	switch {
	case h == nil:
		return false
	case c.Status == loan.Signed || c.Status == loan.Queued:
		return h.Reason != "" || h.Station == loan.ReceiptStation || c.Handlers[op.ID]
	case c.Status == loan.Received:
		return c.Handlers[op.ID]
	}
	return !settled(c.Status)
}

// Refusal is why a verb was refused, in the error that May gives.
type Refusal struct {
	Verb Verb
	Why  string
}

const (
	// WhyReason is that a reason has to be given first.
	WhyReason = "without a reason"
	// WhyStatus is that the case's status does not allow it, whoever asks.
	WhyStatus = "status"
	// WhyRole is that it is for other roles.
	WhyRole = "role"
	// WhyOthers is that the case is another clerk's, and was not taken over.
	WhyOthers = "another's case"
	// WhyLevel is that the person whom it is about stands above him, or elsewhere.
	WhyLevel = "another level"
	// WhyPart is that he had a part in the case on which he would have a word.
	WhyPart = "had a part in the case"
	// WhyReview is that whoever reviewed the case is no reviewer of the roster.
	WhyReview = "the review is of no reviewer"
)

func (r *Refusal) Error() string { return r.Why }

func deny(v Verb, say, why string) error {
	// A sentence that asks for something has told the next step.
	if strings.Contains(strings.ReplaceAll(say, "申请", ""), "请") {
		return fault.Tell("guard.May "+string(v), fault.Denied, say, &Refusal{v, why})
	}
	return fault.Say("guard.May "+string(v), fault.Denied, say, &Refusal{v, why})
}

// Label is the verb's name on screen.
func Label(v Verb) string {
	if r, ok := ruleOf(v); ok {
		return r.label
	}
	return string(v)
}

// ruleOf is the row of a verb; false of one that the table does not name.
func ruleOf(v Verb) (rule, bool) {
	all := rules()
	i := slices.IndexFunc(all, func(r rule) bool { return r.verb == v })
	if i < 0 {
		return rule{}, false
	}
	return all[i], true
}

// atCounter says whether the operator stands where cases are worked on.
func (o Operator) atCounter() bool {
	return o.Level == "" || o.Level == PointLevel || o.Level == CountyLevel
}

func levelLabels(levels []Level) string {
	s := ""
	for i, l := range levels {
		if i > 0 {
			s += "或"
		}
		s += l.Label()
	}
	return s
}

func labels(roles []Role) string {
	s := ""
	for i, r := range roles {
		if i > 0 {
			s += "或"
		}
		s += r.Label()
	}
	return s
}
