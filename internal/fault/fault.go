package fault

import (
	"context"
	"errors"
	"strings"
)

// Kind says what sort of thing went wrong.
type Kind uint8

// The kinds. Other is what no layer could name.
const (
	Other       Kind = iota
	Input            // what was given is not of the right form
	Missing          // what was asked for is not there
	Exists           // it is there already
	Denied           // this operator, role or state does not allow it
	Password         // name or password wrong
	Locked           // the account is locked after too many failures
	Damaged          // stored bytes are not what was written
	Conflict         // two edits that cannot be merged without a person
	Full             // the disk is full
	Disk             // reading or writing the disk failed
	Busy             // another process holds the file or the device
	Offline          // the other side cannot be reached
	Untrusted        // certificate, signature or code does not hold
	Refused          // the centre refuses it, with a reason
	Newer            // written by a newer version of the program
	TooLarge         // past the limit for its sort
	Unsupported      // a file of a sort that cannot be read here
	Unavailable      // the device or program needed is not on this machine
	Cancelled        // the person, or the end of the program, stopped it
	Erased           // it was here, and was erased when its time was over
)

type words struct{ name, sentence, step string }

var texts = [...]words{
	Other:       {"other", "发生未预料的错误，已保存的内容不受影响。", "请重试；再次出现时记下时间并联系县资助中心。"},
	Input:       {"input", "填写或选择的内容格式不对。", "请对照提示改正后再试。"},
	Missing:     {"missing", "找不到所需的内容。", "请返回列表重新选择。"},
	Exists:      {"exists", "该内容已经存在。", "请直接使用已有的内容，或换一个名称。"},
	Denied:      {"denied", "当前操作员或案件状态不允许此操作。", "请由有权限的人员办理。"},
	Password:    {"password", "姓名或密码不正确。", "请重新输入；忘记密码请联系县资助中心。"},
	Locked:      {"locked", "密码连续输错，账号已锁定。", "请稍后再试，或联系系统数据管理员。"},
	Damaged:     {"damaged", "有数据已损坏，程序没有使用它。", "请先备份数据文件夹，再联系县资助中心修复。"},
	Conflict:    {"conflict", "同一内容在两处被改过，需要人工选定。", "请打开该案件，逐项选择正确的一份。"},
	Full:        {"full", "磁盘空间不足，未能保存。", "请清出空间后重试；此前已保存的内容不受影响。"},
	Disk:        {"disk", "读写磁盘失败，未能保存。", "请检查磁盘后重试；此前已保存的内容不受影响。"},
	Busy:        {"busy", "数据或设备正被另一个程序使用。", "请关闭另一个窗口或程序后重试。"},
	Offline:     {"offline", "现在连不上中心，材料已留在本机。", "可以继续受理；网络恢复后会自动上传。"},
	Untrusted:   {"untrusted", "对方的身份或签名未通过验证，没有继续。", "请核对地址和注册码，必要时联系县资助中心。"},
	Refused:     {"refused", "中心未接收该内容。", "请按退回原因改正后再次提交。"},
	Newer:       {"newer", "数据由更新版本的程序写成。", "请升级程序后再打开。"},
	TooLarge:    {"too large", "文件过大或页数过多。", "请压缩、分开，或重新拍摄后再添加。"},
	Unsupported: {"unsupported", "不支持这种文件，或文件不完整。", "请改用 JPG、PNG、TIFF 或 PDF 文件。"},
	Unavailable: {"unavailable", "本机没有所需的设备或程序。", "请改用其他方式，例如从文件选择。"},
	Cancelled:   {"cancelled", "操作已停止。", "需要时可以重新开始。"},
	Erased:      {"erased", "该内容已按保存期限从本机清除。", "确需查看时，请联系县资助中心调阅。"},
}

// Kinds lists every kind, in the order of their numbers.
func Kinds() []Kind {
	out := make([]Kind, len(texts))
	for i := range out {
		out[i] = Kind(i)
	}
	return out
}

func (k Kind) words() words {
	if int(k) < len(texts) {
		return texts[k]
	}
	return texts[Other]
}

// String is the kind's English name, for the command line and logs.
func (k Kind) String() string { return k.words().name }

// Sentence is what the clerk reads: one Chinese sentence, no personal data.
func (k Kind) Sentence() string { return k.words().sentence }

// Step is the clerk's next step, in Chinese.
func (k Kind) Step() string { return k.words().step }

// Error is an operation that failed, why, and what lay beneath.
// Say, where set, is a Chinese sentence that replaces the kind's own: it may
// name a field, a file's position or a code, and never a person's data.
type Error struct {
	Op    string
	Kind  Kind
	Say   string
	Whole bool // Say tells the next step too: the kind's own would be another one
	Err   error
}

// Error reads "operation: kind: what lay beneath".
func (e *Error) Error() string {
	s := e.Op
	if e.Kind != Other {
		s += ": " + e.Kind.String()
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives what lay beneath, or nil.
func (e *Error) Unwrap() error { return e.Err }

// New is an error of a kind in an operation; err may be nil.
func New(op string, k Kind, err error) error { return &Error{Op: op, Kind: k, Err: err} }

// Say is New with a Chinese sentence of its own for the clerk. The kind's next step stands
// behind one that asks for nothing.
func Say(op string, k Kind, sentence string, err error) error {
	return &Error{Op: op, Kind: k, Say: sentence, Err: err}
}

// Tell is Say with a sentence that tells the next step as well, where that of
// the kind would be another one.
func Tell(op string, k Kind, sentence string, err error) error {
	return &Error{Op: op, Kind: k, Say: sentence, Whole: true, Err: err}
}

// Wrap adds the operation and keeps the kind beneath; nil stays nil.
func Wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Op: op, Kind: KindOf(err), Err: err}
}

// KindOf is the outermost kind that is not Other; a context's end is Cancelled.
func KindOf(err error) Kind {
	for e := err; e != nil; {
		var f *Error
		if !errors.As(e, &f) {
			break
		}
		if f.Kind != Other {
			return f.Kind
		}
		e = f.Err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Cancelled
	}
	return Other
}

// Sentence is what to show the clerk for err: the outermost sentence set with
// Say or Tell, else that of its kind.
func Sentence(err error) string {
	if f := said(err); f != nil {
		return f.Say
	}
	return KindOf(err).Sentence()
}

// Step is the clerk's next step behind Sentence; empty where that told it.
func Step(err error) string {
	if f := said(err); f != nil && (f.Whole || asks(f.Say)) {
		return ""
	}
	return KindOf(err).Step()
}

// asks says whether a sentence asks the clerk for something: 请 that is not of 申请.
func asks(sentence string) bool {
	return strings.Contains(strings.ReplaceAll(sentence, "申请", ""), "请")
}

// said is the outermost error with a sentence of its own, or nil.
func said(err error) *Error {
	for e := err; e != nil; {
		var f *Error
		if !errors.As(e, &f) {
			break
		}
		if f.Say != "" {
			return f
		}
		e = f.Err
	}
	return nil
}
