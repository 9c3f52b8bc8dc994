package main

import (
	"context"
	"fmt"
	"slices"
)

// papers are those of a first loan, as step ⑤ names them.
func papers() []string {
	return []string{"学生身份证", "共同借款人身份证", "户口簿", "申请表", "录取通知书", "家庭经济困难学生认定申请表"}
}

// images is ⑤: two portraits and the papers, from files.
func (s *session) images(ctx context.Context, f family, number int, name string) error {
	c := s.clerk
	if err := c.all(ctx, c.key("F5"), c.shows("button", "选文件"), c.shot(name+"-5-images-empty")); err != nil {
		return err
	}
	for i, who := range []string{"借款学生", "共同借款人"} {
		file, err := s.painter.portrait(2*number + i)
		if err != nil {
			return err
		}
		if err := c.all(ctx, c.scroll(toTop), c.opens("button", "选文件 "+who, "选择"+who), c.chooseFile(file, number+i),
			c.shows("button", "使用"), once(number+i, c.shot("dialog-crop")), c.press("button", "使用"),
			c.wait(patience, "msg=act", "name=attach")); err != nil {
			return err
		}
	}
	// A box that was ticked is the clerk's word, and cannot be used again.
	for range 2 {
		if err := c.all(ctx, c.tap("check", "人证一致"), c.wait(patience, "msg=act", "name=attest")); err != nil {
			return err
		}
	}
	for i, name := range papers() {
		files, err := s.paper(f, i)
		if err != nil {
			return err
		}
		for _, file := range files {
			moves := []move{c.opens("button", "选文件 "+name, "添加"+name), c.chooseFile(file, 1)}
			if len(files) > 1 { // of a card the clerk is shown each side
				moves = append(moves, c.shows("button", "使用这张"), c.press("button", "使用这张"))
			}
			if err := c.all(ctx, append(moves, c.wait(patience, "msg=act", "name=attach"))...); err != nil {
				return fmt.Errorf("paper %d: %w", i+1, err)
			}
		}
	}
	return c.all(ctx, c.scroll(toTop), c.shot(name+"-5-images"), c.scroll(toEnd), c.shot(name+"-5-papers"))
}

// list scrolls to an end and lists controls from top to bottom, left to right.
func (c *clerk) list(ctx context.Context, kind, text string, to int) ([]spot, error) {
	if err := c.w.hand.wheel(ctx, formX, formY, to); err != nil {
		return nil, err
	}
	var out []spot
	err := until(ctx, patience, "the form to stand still", func() (bool, error) {
		all, err := c.w.spots(ctx)
		before := out
		out = matches(all, kind, text)
		return err == nil && len(out) > 0 && slices.Equal(before, out), err
	})
	slices.SortFunc(out, func(a, b spot) int {
		if d := a.Y - b.Y; d < -4 || d > 4 {
			return d
		}
		return a.X - b.X
	})
	return out, err
}

// chooseFile gives the file chooser a path; the first time it is pictured.
func (c *clerk) chooseFile(path string, number int) move {
	return move{"give the path", func(ctx context.Context) error {
		s, err := c.see(ctx, patience, "field", "路径")
		if err != nil {
			return err
		}
		h := c.w.hand
		if err := h.click(ctx, s.X, s.Y); err != nil {
			return err
		}
		if err := h.keys(ctx, "ctrl+a"); err != nil {
			return err
		}
		if err := h.paste(ctx, path); err != nil {
			return err
		}
		return c.all(ctx, once(number, c.shot("dialog-file")), c.key("Return"))
	}}
}

// paper draws a paper of the family: a card has two sides.
func (s *session) paper(f family, i int) ([]string, error) {
	p, q := f.student, f.coborrower
	card := func(p person) ([]string, error) {
		front, err := s.painter.card("居民身份证", "姓名　"+p.name, "性别　"+string(p.sex)+"　民族　"+p.ethnic,
			"住址　"+p.address, "公民身份号码　"+p.idNo)
		if err != nil {
			return nil, err
		}
		back, err := s.painter.card("中华人民共和国", "居民身份证", "", "签发机关　练习县公安局", "公民身份号码末四位　"+p.idNo[14:])
		return []string{front, back}, err
	}
	page := func(title string, lines ...string) ([]string, error) {
		file, err := s.painter.page(title, lines...)
		return []string{file}, err
	}
	switch i {
	case 0:
		return card(p)
	case 1:
		return card(q)
	case 2:
		return page("户口簿", "户主　"+q.name, "公民身份号码　"+q.idNo, "", "成员　"+p.name, "公民身份号码　"+p.idNo, "与户主关系　子女")
	case 3:
		return page("国家助学贷款申请表", "申请人　"+p.name, "共同借款人　"+q.name, "就读高校　贵州大学", "专业　"+f.major, "申请金额　"+f.amount+" 元", "", "申请人签字　"+p.name)
	case 4:
		return page("录取通知书", p.name+" 同学：", "　　你被我校录取到"+f.major+"专业，", "请按期报到。", "", "贵州大学")
	}
	return page("家庭经济困难学生认定申请表", "学生　"+p.name, "家庭经济情况　普通高中认定家庭经济困难学生")
}
