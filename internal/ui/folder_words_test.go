package ui

import (
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
)

func TestWhatIsSaidOfAFolderAndACodeInTheRecord(t *testing.T) {
	for detail, want := range map[string]string{
		"folder altered: wrong passwords of clerk-1 fell from 2 to 0":                        "锁定期间，数据文件夹被改动过：账号 clerk-1 的输错密码次数变少了",
		"folder altered: wrong passwords of unknown fell from 2 to 0":                        "锁定期间，数据文件夹被改动过：不在本机的账号的登录失败次数变少了",
		"folder altered: the counts of wrong passwords are not those of the last signing in": "锁定期间，数据文件夹被改动过：输错密码的记数被删或被换过",
		"folder altered: the school register is another":                                     "锁定期间，本机的院校名册被换过",
		"folder altered: the school register is another, while somebody was signed in":       "登录期间，本机的院校名册被换过",
		"folder altered: the school register is another than the program was started with":   "程序启动时，本机的院校名册是另一份，登录之前又换了回来",
		"folder altered: the policy packs are others":                                        "锁定期间，本机保存的政策包被换过",
		"school register refused: not the county's":                                          "本机的院校名册不是县里下发的，没有采用",
		"grant withdrawn 0102":                      "撤回授权申请",
		"export withdrawn":                          "撤回导出申请",
		"grant refused: the request was withdrawn":  "申请已撤回，批准不作数",
		"request not withdrawn: another operator's": "撤回他人的申请，被拒绝",
		"renewal refused":                           "续期码不对",
		"renewal refused, asked before shut out":    "续期码是收到停用通知之前申请的，没有采用",
	} {
		if got := detailWords(desk.Line{Kind: loan.ChangeSetting, Detail: detail}); got != want {
			t.Errorf("%s: got %q, want %q", detail, got, want)
		}
	}
}
