//! The texts of the controls in nynorsk, made of those in bokmål word by word.
//!
//! The two are close enough in these short sentences that a list of the words that differ does it. A test holds every
//! word of every control against the list and against the words that are the same in both, so that none slips through
//! when a text is added.

/// Words that differ, in order of the bokmål.
const DIFFER: &[(&str, &str)] = &[
    ("alene", "aleine"),
    ("antall", "tal"),
    ("antallet", "talet"),
    ("arbeidsavklaringspenger", "arbeidsavklaringspengar"),
    ("arbeidsløs", "arbeidslaus"),
    ("arbeidsmarkedstiltak", "arbeidsmarknadstiltak"),
    ("avsenderen", "avsendaren"),
    ("avsenderens", "avsendaren sitt"),
    ("bare", "berre"),
    ("bedre", "betre"),
    ("beløpene", "beløpa"),
    ("ble", "vart"),
    ("bytt", "byt"),
    ("de", "dei"),
    ("deltakeren", "deltakaren"),
    ("dem", "dei"),
    ("desember", "desember"),
    ("eget", "eige"),
    ("en", "ein"),
    ("endret", "endra"),
    ("ene", "eine"),
    ("et", "eit"),
    ("ett", "eitt"),
    ("fikk", "fekk"),
    ("filbeskrivelsen", "filskildringa"),
    ("filen", "fila"),
    ("finnes", "finst"),
    ("flere", "fleire"),
    ("fra", "frå"),
    ("fylles", "fyllast"),
    ("gi", "gje"),
    ("gjelder", "gjeld"),
    ("hele", "heile"),
    ("helt", "heilt"),
    ("hva", "kva"),
    ("hver", "kvar"),
    ("hverandre", "kvarandre"),
    ("hvilke", "kva"),
    ("hvilken", "kva"),
    ("hvordan", "korleis"),
    ("ikke", "ikkje"),
    ("inneholder", "inneheld"),
    ("kilde", "kjelde"),
    ("kilden", "kjelda"),
    ("kommunens", "kommunen sitt"),
    ("krysset", "kryssa"),
    ("leses", "lesast"),
    ("leveres", "leverast"),
    ("linjen", "linja"),
    ("linjene", "linjene"),
    ("lønn", "løn"),
    ("mangler", "manglar"),
    ("mer", "meir"),
    ("merket", "merkt"),
    ("mottaker", "mottakar"),
    ("mottakeren", "mottakaren"),
    ("måned", "månad"),
    ("måneden", "månaden"),
    ("månedene", "månadene"),
    ("måneder", "månader"),
    ("noen", "nokon"),
    ("pakket", "pakka"),
    ("passer", "passar"),
    ("personens", "personen sitt"),
    ("poster", "postar"),
    ("postene", "postane"),
    ("posisjonene", "posisjonane"),
    ("regneark", "rekneark"),
    ("riktig", "rett"),
    ("riktige", "rette"),
    ("samme", "same"),
    ("sammen", "saman"),
    ("se", "sjå"),
    ("sier", "seier"),
    ("sifre", "siffer"),
    ("sifrene", "siffera"),
    ("skrevet", "skriven"),
    ("sluttet", "slutta"),
    ("styretegn", "styreteikn"),
    ("tegn", "teikn"),
    ("tall", "tal"),
    ("tilhører", "høyrer til"),
    ("trygden", "trygda"),
    ("uten", "utan"),
    ("velg", "vel"),
    ("ventes", "ventast"),
    ("viktigste", "viktigaste"),
    ("virkelig", "verkeleg"),
    ("være", "vere"),
    ("sivilstand", "sivilstand"),
];

/// A text in nynorsk. What stands between «» is a name and stays as the form has it.
#[must_use]
pub fn of(nb: &str) -> String {
    let mut text = String::with_capacity(nb.len() + 8);
    let mut word = String::new();
    let mut is_name = false;
    for letter in nb.chars() {
        if letter.is_alphabetic() || letter == '_' || (letter.is_numeric() && !word.is_empty()) {
            word.push(letter);
            continue;
        }
        text.push_str(&told(&word, is_name));
        word.clear();
        is_name = letter == '«' || (is_name && letter != '»');
        text.push(letter);
    }
    text.push_str(&told(&word, is_name));
    text
}

fn told(word: &str, is_name: bool) -> String {
    let lower = word.to_lowercase();
    let known = DIFFER.iter().find(|(nb, _)| *nb == lower).filter(|_| !is_name);
    let Some((_, nn)) = known else { return word.to_owned() };
    let mut letters = nn.chars();
    match (word.chars().next(), letters.next()) {
        (Some(first), Some(own)) if first.is_uppercase() => {
            own.to_uppercase().chain(letters).collect()
        }
        _ => (*nn).to_owned(),
    }
}

/// Words that are written alike in both, or are no words of ours.
#[cfg(test)]
pub(crate) const ALIKE: &str = "a alderen alderspensjon andre annen arbeidsinntekt arbeidssituasjonen av barn barna barnetrygd begge at begynte beløp beløpet bidrag bidraget bydelsnummer bydelsnummeret da dag dato datoen den der det du eldre eller enn er etter etterpå far feil feltet fil fire for form fortsatt fullført fyll fylt får fødselsdatoen fødselsnummer fødselsnummeret før gitt gjorde gyldig gyldige ha hadde har har hatt fått sett stønader ved å i inntekt inntektsgivende ingen introduksjonsstønad ja journalnummer kan kode koden koder komma kommer kommune kommunen kommunenummeret kontrollsiffer kroner kryss kurs kursstønad kvalifiseringsstønad kvinne la lag langt linje lån lånet lever man mann med meld mellomrom men mindre minst må nei nummer nummeret nytt og også om oppgitt over overgangsstønad pensjon permisjon person posten program programmet punktum på rapporteringsåret registrert rett s sagt seks send sitt situasjonen skal skjema skriv slå som sosialhjelp status startdatoen sluttdatoen stemmer stilt stipend stå står stønad stønaden summen svaret svart søknaden ta tabulator testperson til tiltak tolv tom tomt trygd uføretrygd under ut utbetalingsvedtaket valid vedtaket verken vilkår år året årets åtte økonomisk arbeid blant duf kjønn slutt oslo felt binary bruk content curl data encoding gzip lagre lf linjeskift pakk post postfil zip";
