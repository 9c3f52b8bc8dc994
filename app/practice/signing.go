package main

import (
	"context"
	"fmt"
)

// signing is ⑦: what both must know, every page of the contract, both
// signatures, and the seal.
func (s *session) signing(ctx context.Context, _ family, number int, name string) error {
	c := s.clerk
	if err := c.all(ctx,
		c.key("F7"), c.shows("check", "已把以上两段"),
		c.tickEach("已把以上两段", 2, toEnd),
		c.shot(name+"-7-texts"),
		c.press("button", "双方已知悉"),
		c.wait(patience, "msg=act", `name="prepare contract"`),
		c.wait(patience, "msg=act", `name="open document"`),
		c.shot(name+"-7-contract"),
	); err != nil {
		return err
	}
	if err := s.turnPages(ctx); err != nil {
		return err
	}
	for i, who := range []string{"请借款学生签名", "请共同借款人签名"} {
		if err := c.all(ctx,
			c.press("button", who), c.shows("pad", ""),
			c.tickEach("我", 4, toEnd),
			c.drawOn(2*number+i), c.shot(fmt.Sprintf("%s-7-signature-%d", name, i+1)),
			c.press("button", "确认签名"), c.wait(patience, "msg=act", "name=sign"),
		); err != nil {
			return err
		}
	}
	return c.all(ctx,
		c.press("button", "封存合同"), c.wait(patience, "msg=act", `name="seal contract"`),
		c.wait(patience, "msg=act", `name="open document"`),
		c.shot(name+"-7-sealed"),
	)
}

// turnPages looks at every page of the contract, down to its foot.
func (s *session) turnPages(ctx context.Context) error {
	const limit = 120
	c := s.clerk
	before := ""
	for range limit {
		var on []spot
		err := until(ctx, patience, "the contract to go on", func() (bool, error) {
			all, err := c.w.spots(ctx)
			at := matches(all, "page", "")
			if len(at) == 0 || at[0].Text == "" || at[0].Text == before {
				return false, err
			}
			on = append(matches(all, "button", "往下看"), matches(all, "button", "看下一页")...)
			if len(on) == 0 && len(matches(all, "button", "请借款学生签名")) == 0 {
				return false, err
			}
			before = at[0].Text
			return true, err
		})
		if err != nil || len(on) == 0 {
			return err
		}
		if err := c.w.hand.click(ctx, on[0].X, on[0].Y); err != nil {
			return err
		}
	}
	return fmt.Errorf("the contract had no end after %d looks", limit)
}

// drawOn signs on the pad in view.
func (c *clerk) drawOn(number int) move {
	return move{"sign on the pad", func(ctx context.Context) error {
		pad, err := c.see(ctx, patience, "pad", "")
		if err != nil {
			return err
		}
		return c.w.hand.sign(ctx, pad, signature(number))
	}}
}

// finish is the end of ⑦, and ⑧: the receipt and the contract as kept.
func (s *session) finish(ctx context.Context, _ family, _ int, name string) error {
	c := s.clerk
	return c.all(ctx,
		c.press("button", "完成受理"), c.wait(patience, "msg=act", "name=finish"),
		c.shows("button", "打印回执"),
		c.shot(name+"-8-finished"),
		c.press("button", "打印回执"), c.shows("check", "受理回执"),
		c.press("check", "借款合同"), c.press("check", "诚信"),
		c.shot(name+"-8-print"),
		c.key("Tab"), c.press("button", "回执发到手机"), c.wait(patience, "msg=act", `name="copy for phone"`),
		c.wait(patience, "msg=act", `name="open document"`),
		c.press("button", "完成"),
		c.shot(name+"-8-receipt"),
		c.press("choice", "/已签合同"), c.wait(patience, "msg=act", `name="open document"`),
		c.shot(name+"-8-contract"),
	)
}
