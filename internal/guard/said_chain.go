package guard

import (
	"fmt"
	"strings"
)

// ChainSaid is in Chinese what the centre finds wrong at a place of a chain; the words as
// they are where they are not known.
func ChainSaid(why string) string {
	if words, ok := map[string]string{
		"altered: no change of this number, or it is put down as another":         "被改动：不是这个序号的记录，或登记成了另一条",
		"does not lead on from the change before it: one is gone, or was altered": "和前一条接不上：中间少了一条，或被改动",
		"its content was altered":                                 "内容被改动",
		"is not what was signed":                                  "和签名的不是同一条",
		"the piece before a gap does not end where it was signed": "缺号之前的一段，没有结束在签名的位置",
		"its content is gone without a tombstone":                 "内容没有了，也没有清除的记录",
		"was signed, and is gone":                                 "签过名的这一条没有了",
		"the chain ends elsewhere than it should":                 "日志的末尾不在应在的位置",
		"its end is not signed":                                   "日志的末尾没有签名",
		"the signature does not hold":                             "签名验证不通过",
	}[why]; ok {
		return words
	}
	var from, to uint64
	if n, err := fmt.Sscanf(why, "numbers %d to %d are gone, and no loss was declared", &from, &to); err == nil && n == 2 {
		return fmt.Sprintf("第 %d 至 %d 条没有了，也没有申报丢失", from, to)
	}
	if what, ok := strings.CutPrefix(why, "the list of exports has what the chain has not: "); ok {
		return "导出名单上有、日志里没有：" + what
	}
	if what, ok := strings.CutPrefix(why, "the chain has what the list of exports has not: "); ok {
		return "日志里有、导出名单上没有：" + what
	}
	return why
}
