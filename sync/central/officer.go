package central

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// officerSchema holds the people of the roster who have a password at the centre.
func officerSchema() []string {
	return []string{
		`CREATE TABLE IF NOT EXISTS officers (county TEXT NOT NULL, id TEXT NOT NULL, verifier TEXT NOT NULL, failures INTEGER NOT NULL,
			locked BIGINT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (county, id))`,
		`CREATE TABLE IF NOT EXISTS officers_lent (county TEXT NOT NULL, id TEXT NOT NULL, by_id TEXT NOT NULL, PRIMARY KEY (county, id))`,
	}
}

// Officer is a person of the roster who has a password at the centre.
type Officer struct {
	ID       string    `json:"id"`
	Since    time.Time `json:"since"` // when the password was set
	Failures int       `json:"failures,omitempty"`
	Locked   time.Time `json:"locked_until,omitzero"`
	Off      bool      `json:"off,omitempty"`     // taken off the roster: may not sign in
	LentBy   string    `json:"lent_by,omitempty"` // who set the password, where its owner did not: it is to be changed first
	Lent     *Lent     `json:"lent,omitempty"`    // and what more is known of that
}

// Act is something that is done at the centre.
type Act struct {
	Verb   guard.Verb
	Or     guard.Verb // who may do this one may do it too; none where it is empty
	Case   uuid.UUID  // that it is about, where the verb is about one
	Name   string     // as on the command line
	Reason string
	Fields []string // that it lets be seen
	Own    bool     // shows what lies in the actor's organisation, and no more: it may be any
	// Whom is the person whose place on the roster or password it changes, and As what
	// that person is to be there; nil where that stays.
	Whom string
	As   *Operator
	// Himself says that whoever proved who he is may do it to himself too, as he gets no
	// more by it than he has.
	Himself bool
}

// Person is who acts at the centre: with a password, as an officer; without, as
// whoever the command line names, which a centre for practice alone allows.
type Person struct {
	ID       string
	Password []byte
}

// officerCost is what a guess costs; the tests' is cheap.
func (c *Central) officerCost() seal.Cost {
	if c.cheap {
		return seal.CheapCost()
	}
	return seal.Calibrate(400 * time.Millisecond)
}

// Acting lets a person do something: who must sign in where the centre is of real
// people, and may do it by the table of permissions; proven says whether he did. The
// centre's chain says so before it is done, and also that it was refused, or failed.
// Failures are fault.Password for a wrong one, fault.Locked after five,
// fault.Denied for whoever may not, whose password another set, and where there is no
// officer yet, and those of do.
func (c *Central) Acting(ctx context.Context, p Person, a Act, do func() error) (proven bool, err error) {
	const op = "central.Acting"
	_, practice, err := c.County(ctx)
	if err != nil {
		return false, err
	}
	if len(p.ID) > maxID && len(p.Password) == 0 {
		return false, errLongID(op)
	}
	if a.Reason != "" { // it would stand in the chain though the act is refused
		if err := guard.CheckReason(a.Reason); err != nil {
			return false, fault.Wrap(op, err)
		}
	}
	if len(p.Password) > 0 {
		if err := c.signIn(ctx, p); err != nil {
			return false, fault.Wrap(op, err)
		}
		proven = true
	}
	if !proven && !practice {
		first, err := c.noOfficer(ctx)
		if err != nil {
			return false, err
		}
		why, say := "who acts at this centre signs in: --by ID, and the password or --password-file", "须先登录：写 --by 账号，并输入密码。"
		if first {
			why = "no officer has a password here yet: put a data administrator on the roster (sync operator add) and make the first by sync officer add --id ID"
			say = "县里还没有人设过密码：先用 sync operator add 登记一位系统数据管理员，再用 sync officer add 给这个账号设密码。"
		}
		return false, fault.Tell(op, fault.Denied, say, errors.New(why))
	}
	how := "act: "
	if !proven {
		how = "unproven act: "
	} else if err := c.mayAct(ctx, p.ID, a); err != nil {
		return true, errors.Join(fault.New(op, fault.KindOf(err), fmt.Errorf("operator %s may not do this: %w", p.ID, err)), c.noteAct(ctx, p.ID, byLent(a, err), "refused act: "))
	}
	if err := c.noteAct(ctx, p.ID, a, how); err != nil {
		return proven, fault.Wrap(op, err)
	}
	if err := do(); err != nil {
		return proven, errors.Join(err, c.noteAct(context.WithoutCancel(ctx), p.ID, a, "failed act: "))
	}
	return proven, nil
}

// mayAct asks the table of permissions, for the county or the case.
func (c *Central) mayAct(ctx context.Context, id string, a Act) error {
	err := c.mayActAs(ctx, id, a)
	if a.Or == "" || err == nil {
		return err
	}
	a.Verb, a.Or = a.Or, ""
	if c.mayActAs(ctx, id, a) == nil {
		return nil
	}
	return err
}

func (c *Central) mayActAs(ctx context.Context, id string, a Act) error {
	if err := ownPassword(ctx, c.db, id); err != nil {
		return err
	}
	return c.mayByTable(ctx, id, a)
}

// mayByTable asks the table of permissions, whatever the person's password is worth.
func (c *Central) mayByTable(ctx context.Context, id string, a Act) error {
	who, err := person(ctx, c.db, id)
	if err != nil {
		return err
	}
	code, _, _, err := county(ctx, c.db)
	if err != nil {
		return err
	}
	if a.Own {
		return guard.May(who, a.Verb, nil)
	}
	if err := mayManage(ctx, c.db, who, a, code); err != nil {
		return err
	}
	at := guard.Site{County: code}
	var k *loan.Case
	if a.Case != uuid.Nil {
		if k, err = c.loadCase(ctx, c.db, a.Case); err != nil && fault.KindOf(err) != fault.TooLarge {
			return err
		}
		if at, err = siteOfCase(ctx, c.db, a.Case); err != nil {
			return err
		}
	}
	if err := guard.MayAt(who, a.Verb, k, at); err != nil {
		return err
	}
	return c.noWord(ctx, c.db, who, a.Verb, k)
}

// mayManage is fault.Denied for an act on a person whom the actor does not manage, as
// that person is or is to be.
func mayManage(ctx context.Context, q querier, who guard.Operator, a Act, code string) error {
	if a.Whom == "" || a.Himself && a.Whom == who.ID {
		return nil
	}
	list, err := roster(ctx, q, code)
	if err != nil {
		return err
	}
	off, err := switchedOff(ctx, q, code)
	if err != nil {
		return err
	}
	list = append(list, off...)
	i := slices.IndexFunc(list, func(o Operator) bool { return o.ID == a.Whom })
	if i >= 0 {
		if err := guard.Manages(who, account(list[i]), code); err != nil {
			return err
		}
	}
	if a.As == nil {
		return nil
	}
	as := account(*a.As)
	if i >= 0 && as.Level == "" {
		return nil // it keeps what it has
	}
	return guard.Manages(who, as, code)
}

func (c *Central) noteAct(ctx context.Context, by string, a Act, how string) error {
	detail := how + a.Name
	if a.Case != uuid.Nil {
		detail += " of case " + a.Case.String()
	}
	return c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return c.note(ctx, tx, by, loan.ChangeView, loan.ViewBody{Fields: a.Fields, Detail: detail, Reason: a.Reason})
	})
}

func (c *Central) noOfficer(ctx context.Context) (bool, error) {
	var n int
	err := c.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM officers`).Scan(&n)
	return n == 0, diskFault("central.noOfficer", err)
}

// maxID bounds the bytes of an id.
const maxID = 64

func errLongID(op string) error {
	return fault.Tell(op, fault.Input, "账号不超过 64 个字符，请核对 --by。", errors.New("by: an id has 64 characters at most"))
}

// signIn compares a password. It counts as wrong before it is looked at, so that
// nobody guesses on by ending the program; a right one takes that back. Each wrong
// one is in the chain.
func (c *Central) signIn(ctx context.Context, p Person) error {
	const op = "central.signIn"
	if len(p.ID) > maxID {
		return errors.Join(errLongID(op), c.noteTry(ctx, guard.Unknown, guard.CentreRefused))
	}
	var v seal.Verifier
	var tried guard.Operator
	err := c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		who, err := person(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		o, words, err := officer(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		who.Failures, who.LockedUntil = o.Failures, o.Locked
		if err := who.MaySignIn(c.now()); fault.KindOf(err) == fault.Locked {
			return fault.Tell(op, fault.Locked, lockedSaid(who), errors.New(lockedUntil(who)))
		} else if err != nil {
			return err
		}
		if v, err = seal.ParseVerifier(words); err != nil {
			return err
		}
		tried = who.Failed(c.now())
		return setTries(ctx, tx, tried)
	})
	wrong := err == nil && !v.Right(p.Password)
	why := guard.CentreRefused
	if err == nil && !wrong {
		err = c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
			if err := c.noteUntold(ctx, tx); err != nil {
				return err
			}
			return setTries(ctx, tx, tried.Cleared())
		})
		if err == nil {
			err = c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error { return c.useLent(ctx, tx, p.ID) })
		}
		if fault.KindOf(err) != fault.Denied {
			return fault.Wrap(op, err)
		}
		why += guard.ByTemporary
	}
	if wrong {
		why = fmt.Sprintf(guard.WrongAtCentre+", %d in a row", tried.Failures)
		if tried.Locked(c.now()) {
			why = guard.WrongAtCentre + ", the fifth: locked"
		}
		say := fmt.Sprintf("operator %s: wrong password; %d more lock it for 15 minutes. Who forgot it gets a new one from another data administrator: sync officer add --id %s --by ID",
			p.ID, guard.MaxFailures-tried.Failures, p.ID)
		words := fmt.Sprintf("密码不对，再错 %d 次锁定 15 分钟。忘记了的，请另一位系统数据管理员重设。", guard.MaxFailures-tried.Failures)
		if tried.Locked(c.now()) {
			say, words = "wrong password, the fifth. "+lockedUntil(tried), "密码不对，这是第五次。"+lockedSaid(tried)
		}
		was, wasSaid, _ := wasChanged(ctx, c.db, p.ID)
		err = fault.Tell(op, fault.Password, words+wasSaid, errors.New(say+was))
	}
	return errors.Join(fault.Wrap(op, err), c.noteTry(ctx, p.ID, why))
}

// lockedUntil says that an officer is locked, and what to do.
func lockedUntil(o guard.Operator) string {
	return "operator " + o.ID + ": locked until " + guard.RecordTime(o.LockedUntil) + " (Beijing)" +
		"; wait, or let another data administrator end it by a new password: sync officer add --id " + o.ID + " --by ID"
}

// lockedSaid is lockedUntil in Chinese.
func lockedSaid(o guard.Operator) string {
	return "账号 " + o.ID + " 锁定到 " + guard.RecordTime(o.LockedUntil) + "（北京时间）：请等一等，或请另一位系统数据管理员重设密码。"
}

// onRosterEver says whether somebody of this id stands on the roster, or did.
func onRosterEver(ctx context.Context, q querier, id string) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM operators WHERE id = ?`, id).Scan(&n)
	return n > 0, diskFault("central.onRosterEver", err)
}

// officer reads one; fault.Denied for a person who has no password here.
func officer(ctx context.Context, q querier, id string) (Officer, string, error) {
	const op = "central.officer"
	o := Officer{ID: id}
	var words string
	var locked, at int64
	err := q.QueryRowContext(ctx, `SELECT verifier, failures, locked, at FROM officers WHERE id = ?`, id).Scan(&words, &o.Failures, &locked, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return o, "", fault.Tell(op, fault.Denied, "账号 "+id+" 在县里没有密码：请有密码的系统数据管理员用 sync officer add 设一个。", errors.New("operator "+id+": has no password at the centre; a data administrator who has one gives it: sync officer add --id "+id+" --by ID"))
	}
	if err != nil {
		return o, "", diskFault(op, err)
	}
	if locked != 0 {
		o.Locked = time.UnixMilli(locked).UTC()
	}
	o.Since = time.UnixMilli(at).UTC()
	return o, words, nil
}

func setTries(ctx context.Context, tx *sql.Tx, o guard.Operator) error {
	locked := int64(0)
	if !o.LockedUntil.IsZero() {
		locked = o.LockedUntil.UnixMilli()
	}
	_, err := tx.ExecContext(ctx, `UPDATE officers SET failures = ?, locked = ? WHERE id = ?`, o.Failures, locked, o.ID)
	return diskFault("central.setTries", err)
}

// SetOfficer gives a person of the roster a password at the centre, or another one,
// and ends a lock. Who does it must be allowed to manage operators and signs in as in
// Acting. For a new password of one's own signing in is enough. Without a
// password it is done only where no officer is yet, or with unproven, which is for
// a county whose officers cannot sign in any more: then whoever administers the
// machine does it, and the chain says that nobody proved who that is. A password that
// its owner did not set is temporary: within lentLife he sets another by it, and does
// nothing else.
func (c *Central) SetOfficer(ctx context.Context, p Person, id string, password []byte, unproven bool) error {
	const op = "central.SetOfficer"
	if err := guard.CheckPassword(id, password); err != nil {
		return fault.Wrap(op, err)
	}
	v, err := seal.NewVerifier(password, c.officerCost())
	if err != nil {
		return fault.Wrap(op, err)
	}
	lent, giver := len(p.Password) > 0 && p.ID != id, ""
	set := func() error {
		return c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
			if err := onRoster(ctx, tx, id, ""); err != nil {
				return err
			}
			code, _, _, err := county(ctx, tx)
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, `INSERT INTO officers (county, id, verifier, failures, locked, at) VALUES (?, ?, ?, 0, 0, ?)
				ON CONFLICT (county, id) DO UPDATE SET verifier = excluded.verifier, failures = 0, locked = 0, at = excluded.at`, code, id, v.String(), c.now().UnixMilli())
			if err == nil {
				err = c.lend(ctx, tx, code, id, giver)
			}
			return diskFault(op, err)
		})
	}
	a := Act{Verb: guard.ManageRoster, Name: "officer add " + id + guard.TemporaryGiven, Whom: id}
	first, err := c.noOfficer(ctx)
	switch {
	case err != nil:
		return fault.Wrap(op, err)
	case len(p.Password) > 0 && !lent:
		var was *Lent
		if was, err = c.LentTo(ctx, id); err == nil {
			err = c.signIn(ctx, p)
		}
		if err == nil && bytes.Equal(p.Password, password) {
			err = fault.Tell(op, fault.Input, "新密码和原来的一样，请换一个。", errors.New("the new password is the former one"))
		}
		if err == nil {
			err = c.noteAct(ctx, p.ID, Act{Name: "officer password " + id + was.words()}, "act: ")
		}
	case lent:
		giver = p.ID
		_, err := c.Acting(ctx, p, a, set)
		return fault.Wrap(op, err)
	case first:
		giver = operatorCentre
		err = c.noteAct(ctx, operatorCentre, a, "first officer, by who administers the machine: ")
	case unproven:
		giver = operatorCentre
		err = c.noteAct(ctx, operatorCentre, a, "unproven, by who administers the machine: ")
	default:
		return fault.Tell(op, fault.Denied, "添加县级人员须由另一位县级的系统数据管理员登录：写 --by 和密码；谁都登录不了时，由管理服务器的人加 --unproven。", errors.New("an officer signs in to add another: --by ID, and the password or --by-password-file; where none can any more, who administers this machine adds --unproven"))
	}
	if err != nil {
		return fault.Wrap(op, err)
	}
	return fault.Wrap(op, set())
}

// Officers lists who has a password at the centre.
func (c *Central) Officers(ctx context.Context) ([]Officer, error) {
	const op = "central.Officers"
	rows, err := c.db.QueryContext(ctx, `SELECT o.id, o.failures, o.locked, o.at, CASE WHEN x.id IS NULL THEN 0 ELSE 1 END, COALESCE(l.by_id, '') FROM officers o
		LEFT JOIN operators_off x ON x.county = o.county AND x.id = o.id LEFT JOIN officers_lent l ON l.county = o.county AND l.id = o.id ORDER BY o.id`)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	out := []Officer{}
	for rows.Next() {
		var o Officer
		var locked, at int64
		var off int
		if err := rows.Scan(&o.ID, &o.Failures, &locked, &at, &off, &o.LentBy); err != nil {
			return nil, diskFault(op, err)
		}
		if locked != 0 {
			o.Locked = time.UnixMilli(locked).UTC()
		}
		o.Since, o.Off = time.UnixMilli(at).UTC(), off != 0
		out = append(out, o)
	}
	if err := rows.Err(); err != nil {
		return nil, diskFault(op, err)
	}
	rows.Close() // of the few connections one is wanted for what follows
	for i := range out {
		if out[i].LentBy == "" {
			continue
		}
		if out[i].Lent, err = lentTo(ctx, c.db, out[i].ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// FirstOfficer says whether nobody has a password at the centre yet, and people are
// real: then whoever administers the machine puts the first person on the roster.
func (c *Central) FirstOfficer(ctx context.Context) (bool, error) {
	_, practice, err := c.County(ctx)
	if err != nil || practice {
		return false, err
	}
	return c.noOfficer(ctx)
}

// Unasked writes down what whoever administers the machine does before there is an
// officer who could be asked.
func (c *Central) Unasked(ctx context.Context, name string) error {
	return c.noteAct(ctx, operatorCentre, Act{Name: name}, "before the first officer, by who administers the machine: ")
}
