package central

import (
	"context"
	"database/sql"
	"slices"

	"doorstep/internal/bulletin"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// noWord is guard's word on a part in a case for who had a word on what others do with
// it, here or at a laptop: granted it, or reviewed an emergency in it. At a centre for
// practice one person may be everybody.
func (c *Central) noWord(ctx context.Context, q querier, who guard.Operator, v guard.Verb, k *loan.Case) error {
	if !guard.WordMatters(who, v, k) {
		return nil
	}
	if _, _, practice, err := county(ctx, q); err != nil || practice {
		return err
	}
	for _, had := range []func(context.Context, querier, string, uuid.UUID) (bool, error){wordHere, wordByTelephone, c.wordSentDown, wordOfChains} {
		yes, err := had(ctx, q, who.ID, k.ID)
		if err != nil {
			return err
		}
		if yes {
			return guard.HadWord(v)
		}
	}
	return nil
}

// keepWord keeps that somebody had a word on what others do with a case, which is named
// by its id, or by the end of it where no more is known.
func keepWord(ctx context.Context, tx *sql.Tx, of, by string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO words (case_id, operator) VALUES (?, ?) ON CONFLICT DO NOTHING`, of, by)
	return diskFault("central.keepWord", err)
}

// keepAnswered keeps the words of answers that were given at laptops by a code, also of
// those that were never used.
func keepAnswered(ctx context.Context, tx *sql.Tx, looks []*loan.Change) error {
	for _, ch := range looks {
		if tag, ok := guard.AnsweredOn(ch); ok {
			if err := keepWord(ctx, tx, hexOf(tag), ch.Operator); err != nil {
				return err
			}
		}
	}
	return nil
}

// wordHere says whether somebody granted the case here, answered a request about it, here
// or at a laptop, or reviewed an emergency in it.
func wordHere(ctx context.Context, q querier, who string, id uuid.UUID) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM words WHERE case_id IN (?, ?) AND operator = ?) +
		(SELECT COUNT(*) FROM emergencies e JOIN emergency_reviews r ON r.device = e.device AND r.id = e.id WHERE e.case_id = ? AND r.operator = ?)`,
		id.String(), hexOf(guard.TagOf(id)), who, id.String(), who).Scan(&n)
	return n > 0, diskFault("central.wordHere", err)
}

// wordByTelephone says whether somebody answered a request, to look or to export, that
// names the case by the end of its id: also before such words were kept.
func wordByTelephone(ctx context.Context, q querier, who string, id uuid.UUID) (bool, error) {
	for kind, parse := range map[string]func([]byte) (guard.Ask, error){
		"grant":  guard.ParseAsk,
		"export": func(b []byte) (guard.Ask, error) { e, err := guard.ParseExportAsk(b); return e.Ask, err },
	} {
		asks, err := blobs(ctx, q, `SELECT request FROM answered WHERE kind = ? AND decided = ?`, kind, who)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(asks, func(b []byte) bool {
			a, err := parse(b)
			tag, ok := a.Tag()
			return err == nil && ok && tag == guard.TagOf(id)
		}) {
			return true, nil
		}
	}
	return false, nil
}

// wordSentDown says so of the grants that stand: those from before words were kept.
func (c *Central) wordSentDown(ctx context.Context, q querier, who string, id uuid.UUID) (bool, error) {
	code, _, _, err := county(ctx, q)
	if err != nil {
		return false, err
	}
	sent, err := blobs(ctx, q, `SELECT bytes FROM bulletins WHERE county = ? AND kind = ? AND withdrawn = 0`, code, string(bulletin.Grant))
	return slices.ContainsFunc(sent, func(raw []byte) bool {
		b, err := bulletin.Open(raw, c.authority.Signer().Public(), code)
		if err != nil {
			return false
		}
		g, err := guard.ParseGrant(b.Content)
		return err == nil && g.By == who && slices.Contains(g.Cases, id)
	}), err
}

// wordOfChains says so of what laptops say of the case.
func wordOfChains(ctx context.Context, q querier, who string, id uuid.UUID) (bool, error) {
	looks, err := blobs(ctx, q, `SELECT bytes FROM changes WHERE case_id = ? AND kind = ?`, id.String(), string(loan.ChangeView))
	return slices.ContainsFunc(looks, func(b []byte) bool {
		ch, err := loan.DecodeChange(b)
		return err == nil && guard.WordOn(ch) == who
	}), err
}

func blobs(ctx context.Context, q querier, query string, args ...any) (out [][]byte, err error) {
	const op = "central.blobs"
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	for rows.Next() {
		var b sql.RawBytes
		if err := rows.Scan(&b); err != nil {
			return nil, diskFault(op, err)
		}
		out = append(out, slices.Clone(b))
	}
	return out, diskFault(op, rows.Err())
}
