package main

import (
	"doorstep/internal/loan"
)

// person is someone who does not exist.
type person struct {
	name, idNo, ethnic, validTo, phone, address string
	birth                                       string // YYYYMMDD, as a clerk types it
	sex                                         loan.Sex
}

// family is what one visit is about.
type family struct {
	about      string // for the lines at the end; no name
	student    person
	coborrower person
	relation   loan.Relation
	major      string
	tuition    string
	dorm       string
	amount     string
}

// county is where the practice county lies: the code in its people's numbers.
const county = "522727"

// families are the two of the session. The names of the second hold characters
// that came late into the national standard.
func families() []family {
	return []family{
		{
			about:      "a first loan with the network up",
			student:    made("韦测甲", county, "20080314", 991, "15400000001"),
			coborrower: made("韦测乙", county, "19811102", 991, "15400000002"),
			relation:   loan.Father, major: "水利水电工程", tuition: "4670", dorm: "1200", amount: "12000",
		},
		{
			about:      "a first loan with the network cut, rare characters in both names",
			student:    made("覃𬭎䶮𠅤", county, "20071221", 992, "15400000003"),
			coborrower: made("覃㛃𫖮𬎆", county, "19790805", 992, "15400000004"),
			relation:   loan.Mother, major: "护理学", tuition: "5200", dorm: "1200", amount: "16000",
		},
	}
}

// made makes a person up. serial is the three digits of order, odd for men.
func made(name, area, birth string, serial int, phone string) person {
	digits := area + birth + string([]byte{'0' + byte(serial/100), '0' + byte(serial/10%10), '0' + byte(serial%10)})
	n := loan.IDNumber(digits + "0")
	id := loan.IDNumber(digits + string(n.CheckCharacter()))
	return person{name: name, idNo: string(id), birth: birth, sex: id.Sex(), ethnic: "布依族",
		validTo: "20330501", phone: phone, address: "测试乡示例村一组001号"}
}
