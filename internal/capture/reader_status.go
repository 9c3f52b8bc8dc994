package capture

import (
	"fmt"

	"doorstep/internal/fault"
)

// statusFault is what a reader's status means to the clerk, and nil where the
// command was done. Each says what else will do.
func statusFault(op string, status byte) error {
	kind, words := statusWords(status)
	if words == "" {
		return nil
	}
	return fault.Tell(op, kind, fmt.Sprintf("%s（读卡器状态 %02X）", words, status), nil)
}

func statusWords(status byte) (fault.Kind, string) {
	switch status {
	case statusDone, statusFound:
		return fault.Other, ""
	case 0x10, 0x11, 0x21, 0x24:
		return fault.Unavailable, "读卡器没有听懂命令：请拔下重新插好再读，或手工录入。"
	case 0x23, 0x66:
		return fault.Denied, "读卡器没有得到授权，不能读证件：请换一台读卡器，或手工录入。"
	case 0x31, 0x32, 0x33, 0x37, 0x47:
		return fault.Untrusted, "证件没有通过读卡器的验证：请核对证件真伪，拿起后重新放好再读；仍不行就手工录入。"
	case 0x3f, statusShort:
		return fault.Input, "证件没有读完：请拿起证件重新放好，读完前不要移动；仍不行就手工录入。"
	case 0x40:
		return fault.Unsupported, "读卡器不认识这张卡：请确认放的是身份证，或手工录入。"
	case 0x60:
		return fault.Unavailable, "读卡器自检没有通过：请拔下重新插好再读，或手工录入。"
	case statusNone, statusLost:
		return fault.Missing, "读卡器上没有证件：请把身份证放在读卡区；也可以手工录入。"
	case 0x91:
		return fault.Missing, "证件里没有这项内容：请手工录入。"
	}
	return fault.Unavailable, "读卡器报告了一种不认识的错误：请拔下重新插好再读，或手工录入。"
}
