package fault_test

import (
	"errors"
	"testing"

	"doorstep/internal/fault"
)

func TestASentenceThatSaysWhatToDoHasNoSecondStepBehindIt(t *testing.T) {
	why := errors.New("why")
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"one that asks for something":        {fault.Say("op", fault.Input, "这串码不完整，请对照着重新输入。", why), "这串码不完整，请对照着重新输入。"},
		"one that does so, beneath another":  {fault.Wrap("op", fault.Say("op", fault.Disk, "U盘读写失败。请插好U盘再试。", why)), "U盘读写失败。请插好U盘再试。"},
		"one that only speaks of a request":  {fault.Say("op", fault.Refused, "这份批准不是给本次申请的。", why), "这份批准不是给本次申请的。请按退回原因改正后再次提交。"},
		"one that speaks of one and asks":    {fault.Say("op", fault.Refused, "本次申请已过期，请重新申请。", why), "本次申请已过期，请重新申请。"},
		"one that says what is wrong alone":  {fault.Say("op", fault.Input, "授权编号格式不对。", why), "授权编号格式不对。请对照提示改正后再试。"},
		"one that is told to be all of it":   {fault.Tell("op", fault.Input, "授权编号格式不对。", why), "授权编号格式不对。"},
		"one of the kind, with its own step": {fault.New("op", fault.Busy, why), "数据或设备正被另一个程序使用。请关闭另一个窗口或程序后重试。"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := fault.Sentence(c.err) + fault.Step(c.err); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
