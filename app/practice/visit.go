package main

import (
	"context"
	"fmt"
	"time"
)

// visit takes one family in: the eight steps from new to finished.
func (s *session) visit(ctx context.Context, f family, number int, name string) error {
	c := s.clerk
	c.w.caught()
	if err := c.all(ctx,
		c.press("place", "今日"), c.wait(patience, "msg=screen", "name=today"),
		c.press("button", "首贷"), c.wait(patience, "msg=screen", "name=visit"),
	); err != nil {
		return err
	}
	for _, part := range []func(context.Context, family, int, string) error{
		s.papers, s.people, s.study, s.images, s.review, s.signing, s.finish,
	} {
		if err := part(ctx, f, number, name); err != nil {
			return err
		}
	}
	return nil
}

// papers is ①.
func (s *session) papers(ctx context.Context, _ family, _ int, name string) error {
	c := s.clerk
	return c.all(ctx,
		c.tick("check", "普通高中认定家庭经济困难学生"),
		c.shot(name+"-1-papers"),
	)
}

// people are ② and ③.
func (s *session) people(ctx context.Context, f family, number int, name string) error {
	c := s.clerk
	return c.all(ctx,
		c.key("F2"), c.shows("field", "身份证号"),
		s.person(f.student),
		once(number,
			c.opens("button", "查看全文", ""), c.shows("button", "读完了"), c.shot("dialog-text"), c.press("button", "读完了")),
		c.tickEach("本人已听清并同意", 3, toEnd),
		c.shot(name+"-2-student"),
		c.key("F3"), c.shows("field", "与学生关系"),
		c.fill("与学生关系", string(f.relation)),
		s.person(f.coborrower),
		c.tickEach("本人已听清并同意", 3, toEnd),
		c.shot(name+"-3-coborrower"),
	)
}

// person fills in what student and co-borrower have alike. Birth and sex
// follow from the number.
func (s *session) person(p person) move {
	c := s.clerk
	return move{"a person", func(ctx context.Context) error {
		return c.all(ctx,
			c.fill("姓名", p.name), c.fill("身份证号", p.idNo),
			c.fill("民族", p.ethnic), c.fill("身份证有效期至", p.validTo),
			c.fill("户籍所在县", county), c.fill("手机号码", p.phone), c.fill("通讯地址", p.address),
		)
	}}
}

// study is ④.
func (s *session) study(ctx context.Context, f family, number int, name string) error {
	c := s.clerk
	return c.all(ctx,
		c.key("F4"), c.shows("field", "就读高校"),
		once(number, c.enter("就读高校", "贵州"), c.shot("list-schools")),
		c.fill("就读高校", "贵州大学"), c.fill("专业", f.major),
		c.tick("choice", "学历层次/本科"), c.tick("choice", "学习形式/全日制"),
		c.fill("学制", "4"), c.fill("入学年份", fmt.Sprint(time.Now().Year())),
		c.fill("学费", f.tuition), c.fill("住宿费", f.dorm),
		c.fill("申请金额", f.amount),
		c.tick("check", "学费"), c.tick("check", "住宿费"), c.tick("check", "生活费"),
		c.shot(name+"-4-study"),
	)
}

// review is ⑥.
func (s *session) review(ctx context.Context, _ family, _ int, name string) error {
	c := s.clerk
	return c.all(ctx,
		c.key("F6"), c.shows("button", "提交复核"),
		c.shot(name+"-6-readback"),
		c.press("button", "提交复核"), c.wait(patience, "msg=act", "name=submit"),
		c.shows("field", "复核员密码"),
		c.fill("复核员密码", reviewerPassword),
		c.shot(name+"-6-review"),
		c.press("button", "复核通过"), c.wait(patience, "msg=act", "name=review"),
	)
}
