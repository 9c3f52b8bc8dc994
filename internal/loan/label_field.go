package loan

import "strings"

// FieldLabel is the name of a field on screen, from its path; the path of what has none.
// Whose it is, of a person's, it does not say.
func FieldLabel(path string) string {
	if rest, ok := strings.CutPrefix(path, "coborrowers.0."); ok {
		if l, ok := personLabel(rest); ok {
			return l
		}
	}
	if rest, ok := strings.CutPrefix(path, "student."); ok {
		if l, ok := personLabel(rest); ok {
			return l
		}
	}
	switch path {
	case "separate_hukou":
		return "双方不在同一户口簿"
	case "study.school_name", "study.school_code":
		return "就读高校"
	case "study.major":
		return "专业"
	case "study.mode":
		return "学习形式"
	case "study.level":
		return "学历层次"
	case "study.years":
		return "学制（年）"
	case "study.entry_year":
		return "入学年份"
	case "study.tuition":
		return "学费（元/年）"
	case "study.dorm":
		return "住宿费（元/年）"
	case "study.category":
		return "教育类别"
	case "hardship.pre_applied":
		return "已通过预申请"
	case "hardship.categories":
		return "困难类型"
	case "loan.amount":
		return "申请金额（元）"
	case "loan.purpose":
		return "贷款用途"
	case "loan.maturity_year":
		return "贷款到期年份"
	case "loan.previous", "loan.previous.contract_no":
		return "上一份合同编号"
	case "loan.previous.amount":
		return "上一份合同金额（元）"
	case "loan.renewal_statement":
		return "续贷声明"
	case "loan.same_year_prior":
		return "本学年已有贷款"
	}
	return path
}

func personLabel(name string) (string, bool) {
	l, ok := map[string]string{
		"name": "姓名", "id_no": "身份证号", "birth": "出生日期", "sex": "性别", "ethnic": "民族",
		"hukou_code": "户籍所在县（市、区）", "id_valid_to": "身份证有效期至", "id_type": "证件类型", "phone": "手机号码",
		"address": "通讯地址", "relation": "与学生关系", "non_parent_reason": "父母不能担任的原因",
		"legal_guardian": "为法定监护人", "open_student_loan": "本人有未结清的国家助学贷款",
		"civil_capacity": "具有完全民事行为能力",
	}[name]
	return l, ok
}
